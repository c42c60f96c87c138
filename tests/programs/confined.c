/*
 * A program that confines itself to what its loop needs, where any other system call kills it:
 * before its loop, while it runs, or in a thread. From then on it is let alone, and whatever was
 * seen before is told.
 *
 * @run before before prctl
 * @expect no-loop
 * @run before_by_syscall before syscall
 * @expect no-loop
 * @run before_for_all before all
 * @expect no-loop
 * @run later later prctl
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 * @expect summary
 * @run later_by_syscall later syscall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 * @expect summary
 * @run later_for_all later all
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 * @expect summary
 * @run beside_a_thread beside all
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 * @expect summary
 * @run thread thread prctl
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 * @expect summary
 * @run in_vain in_vain prctl
 * @expect stall times=2 cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support.h"

#define ALLOW(number)                                                                              \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const char *how;

static void confine(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_epoll_wait),
        ALLOW(SYS_poll),
        ALLOW(SYS_read),
        ALLOW(SYS_write),
        ALLOW(SYS_close),
        ALLOW(SYS_clock_nanosleep),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (strcmp(how, "prctl") == 0)
        REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    else
        REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        strcmp(how, "all") == 0 ? SECCOMP_FILTER_FLAG_TSYNC : 0, &program) == 0);
}

static NOINLINE void on_event(void)
{
    pause_ms(150);
    keep_frame++;
}

/* A wait that is looked at closely: of another kind, and by a pointer that was not there before. */
static void wait_otherwise(const struct loop *loop)
{
    static struct pollfd wanted[6];
    for (int i = 0; i < 6; i++) {
        wanted[i] = (struct pollfd){.fd = loop->timer, .events = POLLIN};
        REQUIRE(poll(&wanted[i], 1, 100) == 1);
        loop_took(loop);
    }
}

static void *confine_thread(void *ends)
{
    struct loop loop = loop_begin();
    char byte;
    confine();
    loop_turn(&loop, 6);
    wait_otherwise(&loop);
    REQUIRE(write(((int *)ends)[1], "x", 1) == 1);
    return (void *)(intptr_t)read(((int *)ends)[2], &byte, 1); /* for ever: its end needs more */
}

static void *turn_beside(void *ends)
{
    struct loop loop = loop_begin();
    char byte;
    loop_turn(&loop, 30);
    REQUIRE(write(((int *)ends)[1], "x", 1) == 1);
    return (void *)(intptr_t)read(((int *)ends)[2], &byte, 1);
}

int main(int count, char **arguments)
{
    const char *when = arguments[1];
    int ends[4];
    char byte;
    REQUIRE(count == 3 && pipe(ends) == 0 && pipe(ends + 2) == 0);
    how = arguments[2];
    setvbuf(stdout, NULL, _IONBF, 0);
    struct loop loop = loop_begin();
    if (strcmp(when, "before") == 0)
        confine();
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 5);
    if (strcmp(when, "beside") == 0)
        thread_begin(turn_beside, ends);
    loop_turn(&loop, 5);
    if (strcmp(when, "later") == 0 || strcmp(when, "beside") == 0)
        confine();
    if (strcmp(when, "thread") == 0)
        thread_begin(confine_thread, ends);
    if (strcmp(when, "thread") == 0 || strcmp(when, "beside") == 0)
        REQUIRE(read(ends[0], &byte, 1) == 1);
    /* No filter: whether the kernel knows of any is asked so. */
    if (strcmp(when, "in_vain") == 0)
        REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EFAULT);
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 5);
    wait_otherwise(&loop);
    loop_end(&loop);
    puts("done");
    return 0;
}
