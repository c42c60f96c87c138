/*
 * System calls made by an instruction of the program's own, past every wrapper: seen from outside
 * at two looks, they have the system call's name, no count, and what its arguments tell.
 *
 * @expect stall cause=blocking-call call=nanosleep ms=150..500 function=by_nanosleep detail="150
 * ms"
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150..500 function=until_then
 *     detail="1[45][0-9]*ms"
 * @expect stall cause=lock call=futex ms=150..500 function=by_futex detail="150 ms"
 * @expect stall cause=blocking-call call=read ms=150..500 function=by_read detail="*, timeout
 * 15[0-9] ms"
 * @expect stall cause=blocking-call call=openat ms=150..500 function=by_openat
 * detail="unwrapped-fifo"
 * @expect stall cause=blocking-call call=recvfrom ms=150..500 function=by_recvfrom
 *     detail="*, timeout 15[0-9] ms"
 * @expect stall cause=blocking-call call=wait4 ms=150..500 function=by_wait4
 *     detail="pid * (unwrapped_calls)" holder="process:unwrapped_calls"
 * @expect stall cause=blocking-call call=rt_sigtimedwait ms=150..500 function=by_sigtimedwait
 *     detail="150 ms"
 * @expect stall cause=nested-wait call=poll ms=150..500 function=by_poll
 *     detail="pipe fd *, 150 ms"
 * @expect stall cause=nested-wait call=epoll_wait ms=150..500 function=by_epoll detail="*fd *, 150
 * ms"
 * @expect stall cause=blocking-call call=semtimedop ms=150..500 function=by_semtimedop
 *     detail="semaphore set *"
 * @expect stall cause=blocking-call call=splice ms=150..500 function=by_splice
 *     detail="pipe fd * -> /dev/null"
 * @expect stall cause=blocking-call call=flock ms=150..500 function=by_flock
 * detail="*unwrapped-lock"
 */
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "support.h"

#define WHILE_MS 150

static int pair[2], ends[2], null, epoll, set, lock_file, word;
static sigset_t usr1;

static NOINLINE long by_instruction(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#define CALL(number, a, b, c, d, e, f)                                                             \
    by_instruction(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* No wrapper tells the watchdog that a thread is about to block here, so that on a busy machine its
 * sample may end the call: as any signal's handler may, and whoever calls has to go on. */
#define COMES_TO(expected, ...)                                                                    \
    ({                                                                                             \
        long result_;                                                                              \
        while ((result_ = CALL(__VA_ARGS__)) == -EINTR)                                            \
            ;                                                                                      \
        result_ == (expected);                                                                     \
    })

/* After a while by a child, so that no thread of this program's is in the way. */
static pid_t late(void (*what)(void))
{
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        pause_ms(WHILE_MS);
        what();
        _exit(0);
    }
    return child;
}

static NOINLINE void by_nanosleep(void)
{
    struct timespec span = span_ms(WHILE_MS);
    REQUIRE(COMES_TO(0, SYS_nanosleep, &span, 0, 0, 0, 0, 0));
}

static NOINLINE void until_then(void)
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + WHILE_MS * 1000000u;
    struct timespec then = {(time_t)(end / 1000000000), (long)(end % 1000000000)};
    REQUIRE(COMES_TO(0, SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &then, 0, 0, 0));
}

static NOINLINE void by_futex(void)
{
    struct timespec span = span_ms(WHILE_MS);
    REQUIRE(COMES_TO(-ETIMEDOUT, SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &span, 0, 0));
}

static NOINLINE void by_read(void)
{
    char byte;
    REQUIRE(COMES_TO(-EAGAIN, SYS_read, pair[0], &byte, 1, 0, 0, 0));
}

static void open_fifo(void)
{
    close(open("unwrapped-fifo", O_WRONLY));
}

static NOINLINE void by_openat(void)
{
    late(open_fifo);
    long fd = CALL(SYS_openat, AT_FDCWD, "unwrapped-fifo", O_RDONLY, 0, 0, 0);
    REQUIRE(fd >= 0);
    close((int)fd);
}

static NOINLINE void by_recvfrom(void)
{
    char byte;
    REQUIRE(COMES_TO(-EAGAIN, SYS_recvfrom, pair[0], &byte, 1, 0, 0, 0));
}

static void nothing(void)
{
}

static NOINLINE void by_wait4(void)
{
    pid_t child = late(nothing);
    REQUIRE(CALL(SYS_wait4, child, 0, 0, 0, 0, 0) == child);
}

static NOINLINE void by_sigtimedwait(void)
{
    struct timespec span = span_ms(WHILE_MS);
    REQUIRE(COMES_TO(-EAGAIN, SYS_rt_sigtimedwait, &usr1, 0, &span, 8, 0, 0));
}

static NOINLINE void by_poll(void)
{
    struct pollfd watched = {.fd = ends[0], .events = POLLIN};
    REQUIRE(COMES_TO(0, SYS_poll, &watched, 1, WHILE_MS, 0, 0, 0));
}

static NOINLINE void by_epoll(void)
{
    struct epoll_event event;
    REQUIRE(COMES_TO(0, SYS_epoll_wait, epoll, &event, 1, WHILE_MS, 0, 0));
}

static NOINLINE void by_semtimedop(void)
{
    struct timespec span = span_ms(WHILE_MS);
    struct sembuf take = {0, -1, 0};
    REQUIRE(COMES_TO(-EAGAIN, SYS_semtimedop, set, &take, 1, &span, 0, 0));
}

static void write_byte(void)
{
    REQUIRE(write(ends[1], "x", 1) == 1);
}

static NOINLINE void by_splice(void)
{
    late(write_byte);
    REQUIRE(CALL(SYS_splice, ends[0], 0, null, 0, 16, 0) == 1);
    keep_frame++;
}

static NOINLINE void by_flock(void)
{
    char byte;
    int told[2];
    REQUIRE(pipe(told) == 0);
    pid_t child = fork();
    if (child == 0) {
        int own = open("unwrapped-lock", O_RDWR);
        if (flock(own, LOCK_EX) != 0 || write(told[1], "x", 1) != 1)
            _exit(1);
        pause_ms(WHILE_MS);
        _exit(0);
    }
    REQUIRE(read(told[0], &byte, 1) == 1);
    REQUIRE(CALL(SYS_flock, lock_file, LOCK_EX, 0, 0, 0, 0) == 0);
    close(told[0]);
    close(told[1]);
}

int main(void)
{
    static void (*const ways[])(void) = {
        by_nanosleep,    until_then, by_futex, by_read,       by_openat, by_recvfrom, by_wait4,
        by_sigtimedwait, by_poll,    by_epoll, by_semtimedop, by_splice, by_flock};
    struct timeval limit = {0, WHILE_MS * 1000};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(ends) == 0);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    null = open("/dev/null", O_WRONLY);
    epoll = epoll_create1(0);
    lock_file = open("unwrapped-lock", O_RDWR | O_CREAT, 0600);
    set = semget(IPC_PRIVATE, 1, 0600);
    if (set < 0)
        return SKIP;
    REQUIRE(null >= 0 && epoll >= 0 && lock_file >= 0 && mkfifo("unwrapped-fifo", 0600) == 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 2);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
    loop_end(&loop);
    semctl(set, 0, IPC_RMID);
    puts("done");
    return 0;
}
