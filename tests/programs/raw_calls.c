/*
 * System calls made through syscall(2), which are as good as libc's functions, and by an
 * instruction of the program's own, which is seen from outside.
 *
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=by_syscall calls=1
 *     detail="200 ms"
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=until_then calls=1
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=by_instruction
 * @expect stall cause=lock call=futex ms=200 function=by_futex calls=1 detail="200 ms"
 * @expect stall cause=lock call=futex ms=200 function=by_endless_futex calls=1 detail="no timeout"
 * @expect stall cause=blocking-call call=read ms=200 function=by_read calls=2
 * @expect stall cause=nested-wait call=poll ms=200 function=by_poll calls=1
 * @expect stall cause=nested-wait call=pselect ms=200 function=by_select calls=1
 * @expect stall cause=blocking-call call=sigtimedwait ms=200 function=by_sigtimedwait calls=1
 *     detail="200 ms"
 * @expect stall cause=blocking-call call=semtimedop ms=200 function=by_semtimedop calls=1
 * @expect stall cause=blocking-call call=io_getevents ms=200 function=by_io_getevents calls=1
 */
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "support.h"

static int pair[2];
static int word;

static NOINLINE void by_syscall(void)
{
    struct timespec span = span_ms(200);
    REQUIRE(syscall(SYS_nanosleep, &span, NULL) == 0);
}

static NOINLINE void until_then(void)
{
    struct timespec then;
    clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_nsec += 200000000;
    if (then.tv_nsec >= 1000000000) {
        then.tv_sec++;
        then.tv_nsec -= 1000000000;
    }
    REQUIRE(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == 0);
}

static NOINLINE void by_instruction(void)
{
    struct timespec span = span_ms(200);
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_nanosleep), "D"(&span), "S"(0L)
                     : "rcx", "r11", "memory");
    REQUIRE(result == 0);
}

static NOINLINE void by_futex(void)
{
    struct timespec span = span_ms(200);
    REQUIRE(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &span, NULL, 0) == -1 &&
            errno == ETIMEDOUT);
}

static void *wake_late(void *nothing)
{
    pause_ms(200);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return nothing;
}

static NOINLINE void by_endless_futex(void)
{
    pthread_t late = thread_begin(wake_late, NULL);
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
        syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, FUTEX_BITSET_MATCH_ANY);
    pthread_join(late, NULL);
}

static NOINLINE void by_read(void)
{
    char byte;
    pthread_t late = thread_begin(write_late, (void *)(intptr_t)pair[1]);
    REQUIRE(syscall(SYS_read, pair[0], &byte, 1L) == 1 && byte == 'x');
    pthread_join(late, NULL);
}

static NOINLINE void by_poll(void)
{
    struct pollfd watched = {.fd = pair[0], .events = POLLIN};
    REQUIRE(syscall(SYS_poll, &watched, 1L, 200L) == 0);
}

static NOINLINE void by_select(void)
{
    struct timespec span = span_ms(200);
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(pair[0], &readable);
    REQUIRE(syscall(SYS_pselect6, pair[0] + 1, &readable, NULL, NULL, &span, NULL) == 0);
    REQUIRE(!FD_ISSET(pair[0], &readable));
}

/* What a signal always ends (signal(7)): not to be interrupted by ours. */
static NOINLINE void by_sigtimedwait(void)
{
    struct timespec span = span_ms(200);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    REQUIRE(syscall(SYS_rt_sigtimedwait, &usr1, NULL, &span, 8L) == -1 && errno == EAGAIN);
}

static NOINLINE void by_semtimedop(void)
{
    struct timespec span = span_ms(200);
    struct sembuf take = {0, -1, 0};
    int set = semget(IPC_PRIVATE, 1, 0600);
    REQUIRE(set >= 0);
    REQUIRE(syscall(SYS_semtimedop, set, &take, 1L, &span) == -1 && errno == EAGAIN);
    REQUIRE(semctl(set, 0, IPC_RMID) == 0);
}

static NOINLINE void by_io_getevents(void)
{
    struct timespec span = span_ms(200);
    struct io_event event;
    aio_context_t context = 0;
    REQUIRE(syscall(SYS_io_setup, 1L, &context) == 0);
    REQUIRE(syscall(SYS_io_getevents, context, 1L, 1L, &event, &span) == 0);
    REQUIRE(syscall(SYS_io_destroy, context) == 0);
}

/* Six arguments arrive, results and errno come back as they are. */
static void by_other_numbers(void)
{
    errno = 5;
    REQUIRE(syscall(SYS_getpid) == getpid() && errno == 5);
    REQUIRE(syscall(-1L) == -1 && errno == ENOSYS);
    REQUIRE(syscall(100000L) == -1 && errno == ENOSYS);
    REQUIRE(syscall(SYS_close, -1L) == -1 && errno == EBADF);
    REQUIRE(syscall(SYS_read, pair[0], NULL, (size_t)-1) == -1);
    REQUIRE(syscall(SYS_poll, (void *)8, 1L, 0L) == -1 && errno == EFAULT);
    long six = syscall(SYS_mmap, NULL, 4096L, 3L, 0x22L, -1L, 0L);
    REQUIRE(six > 0 && syscall(SYS_munmap, six, 4096L) == 0);
    REQUIRE(syscall(SYS_mmap, NULL, 4096L, 3L, 0x22L, -1L, 1L) == -1 && errno == EINVAL);
}

int main(void)
{
    void (*const ways[])(void) = {by_syscall,       until_then,    by_instruction, by_futex,
                                  by_endless_futex, by_read,       by_poll,        by_select,
                                  by_sigtimedwait,  by_semtimedop, by_io_getevents};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    by_other_numbers();
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 2);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
