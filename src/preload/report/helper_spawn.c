/*
 * Two clones: the watchdog clones the intermediate task, and that one the helper.
 *
 * Called by report/helper.c on the watchdog thread. The program must see neither: a child whose
 * exit signal is SIGCHLD is found by wait(-1) and announced, and execve(2) makes SIGCHLD of any
 * exit signal. So the helper's parent is not the program but the task, whose exit signal is 0: only
 * a wait with __WALL or __WCLONE sees it, and no signal comes (clone(2)).
 *
 * The task shares the program's memory, which makes it cheap (no page tables are copied, however
 * large the program), and runs on the watchdog's thread-local storage. Hence the rules for all code
 * below that runs in it: system calls by kernel.h only, no call of another object's function at all
 * (the first such call would enter the loader, which takes locks), no memory but `spawn` and its
 * own stack. It is killed when the watchdog ends, so that it never keeps the memory of a program
 * that is gone; the helper is not, since it has something left to write then.
 */
#include "preload/report/helper_spawn.h"

#include <errno.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common/kernel.h"
#include "preload/machine/machine.h"

#define STACK_SIZE      16384
#define KERNEL_SIGNALS  64
#define KERNEL_SET_SIZE 8 /* of a signal set, in bytes: not sizeof(sigset_t) */
#define FIRST_SPARE     10
#define MOST_CLOSED     (1u << 20)

/* The kernel's struct sigaction; libc's has another layout. */
struct kernel_action {
    uint64_t handler, flags, restorer, mask;
};

static void end_task(int status)
{
    for (;;)
        sw_kernel3(SYS_exit, status, 0, 0);
}

static void close_from(unsigned first)
{
    if (sw_kernel3(SYS_close_range, first, ~0u, 0) == 0)
        return;
    struct rlimit limit = {0, 0}; /* a kernel before 5.9, or a filter that does not know the call */
    sw_kernel6(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
    unsigned end = limit.rlim_cur < MOST_CLOSED ? (unsigned)limit.rlim_cur : MOST_CLOSED;
    for (unsigned fd = first; fd < end; fd++)
        sw_kernel_close((int)fd);
}

/* Leaves 0 to 2 on /dev/null and the helper's three in their places, and nothing else. */
static int arrange_descriptors(const struct sw_helper_spawn *spawn)
{
    const int wanted[3] = {spawn->socket, spawn->memory, spawn->pidfd};
    long spare[3];
    for (int i = 0; i < 3; i++) { /* out of the way first: any of them may be among 0 to 5 */
        spare[i] = wanted[i] >= 0 ? sw_kernel3(SYS_fcntl, wanted[i], F_DUPFD, FIRST_SPARE) : -1;
        if (wanted[i] >= 0 && spare[i] < 0)
            return (int)spare[i];
    }
    for (int fd = 0; fd <= 5; fd++)
        sw_kernel_close(fd);
    int null = sw_kernel_open("/dev/null", O_RDWR, 0);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        if (fd != null)
            sw_kernel3(SYS_dup3, null, fd, 0);
    for (int i = 0; i < 3; i++)
        if (spare[i] >= 0)
            sw_kernel3(SYS_dup3, spare[i], 3 + i, 0);
    close_from(spare[2] >= 0 ? 6 : 5);
    return 0;
}

/* The helper before it is one: shares memory with the program, and the task waits (CLONE_VFORK). */
static void run_helper(void *argument)
{
    struct sw_helper_spawn *spawn = argument;
    static char name[] = "stallwatch-symbolize";
    static char serve[] = "--serve";
    char *arguments[3] = {name, serve, (char *)0};
    struct kernel_action standard = {0, 0, 0, 0};
    uint64_t none = 0;
    /* Ignored signals would stay ignored over execve(2). Before they are let in: a handler must not
     * run here. */
    for (int number = 1; number <= KERNEL_SIGNALS; number++)
        sw_kernel6(SYS_rt_sigaction, number, (long)&standard, 0, KERNEL_SET_SIZE, 0, 0);
    sw_kernel6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, KERNEL_SET_SIZE, 0, 0);
    long error =
        sw_kernel3(SYS_execve, (long)spawn->path, (long)arguments, (long)spawn->environment);
    __atomic_store_n(&spawn->error, (int)-error, __ATOMIC_RELEASE);
    end_task(127);
}

static void run_task(void *argument)
{
    struct sw_helper_spawn *spawn = argument;
    uint64_t all = ~UINT64_C(0);
    sw_kernel6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, KERNEL_SET_SIZE, 0, 0);
    sw_kernel3(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
    if (sw_kernel3(SYS_getppid, 0, 0, 0) != spawn->parent)
        end_task(1); /* the program died before the line above */
    sw_kernel3(SYS_prctl, PR_SET_NAME, (long)"stallwatch", 0);
    sw_kernel3(SYS_setsid, 0, 0, 0); /* signals to the program's group are not for us */
    long helper = arrange_descriptors(spawn);
    if (helper == 0)
        helper = sw_machine_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, spawn->stacks + 2 * STACK_SIZE,
                                  NULL, run_helper, spawn);
    close_from(0);
    sw_kernel3(SYS_chdir, (long)"/", 0, 0);
    if (helper < 0)
        __atomic_store_n(&spawn->error, (int)-helper, __ATOMIC_RELEASE);
    /* Where the program ignores SIGCHLD the helper reaps itself, and this gives ECHILD at its end
     * (wait(2)). */
    while (helper > 0 && sw_kernel6(SYS_wait4, helper, 0, __WALL, 0, 0, 0) == -EINTR)
        ;
    end_task(0);
}

int sw_helper_spawn(struct sw_helper_spawn *spawn)
{
    long memory = sw_kernel6(SYS_mmap, 0, 2 * STACK_SIZE, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory < 0 && memory > -4096)
        return (int)memory;
    spawn->stacks = (char *)memory;
    spawn->error = 0;
    spawn->parent = sw_kernel_getpid();
    /* The task starts with the mask of its maker: nothing of the program's may run in it, not for
     * one instruction. */
    uint64_t all = ~UINT64_C(0), before = 0;
    sw_kernel6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, KERNEL_SET_SIZE, 0, 0);
    long task = sw_machine_clone(CLONE_VM, spawn->stacks + STACK_SIZE, NULL, run_task, spawn);
    sw_kernel6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, KERNEL_SET_SIZE, 0, 0);
    spawn->task = task > 0 ? (int)task : 0;
    if (task < 0) {
        sw_kernel3(SYS_munmap, memory, 2 * STACK_SIZE, 0);
        spawn->stacks = (char *)0;
        return (int)task;
    }
    return 0;
}

int sw_helper_reap(struct sw_helper_spawn *spawn)
{
    if (spawn->task != 0) {
        /* __WCLONE: children with another exit signal than SIGCHLD. ECHILD: somebody else waited
         * with __WALL. */
        long reaped = sw_kernel6(SYS_wait4, spawn->task, 0, __WCLONE | WNOHANG, 0, 0, 0);
        if (reaped != spawn->task && reaped != -ECHILD)
            return false;
        spawn->task = 0;
    }
    if (spawn->stacks != (char *)0)
        sw_kernel3(SYS_munmap, (long)spawn->stacks, 2 * STACK_SIZE, 0);
    spawn->stacks = (char *)0;
    return true;
}
