/*
 * A parent whose workers run loops and end, as mail servers, sshd and prefork servers are: it reaps
 * each without computing for it. Where the workers' watchdogs looked themselves up below the
 * worker's folder in /proc, the kernel removed that twice at once, and the parent's waitpid spun
 * until the dying thread had got a CPU for it. Two more that compute keep the CPUs busy.
 *
 * @alone: it keeps all CPUs busy
 *
 * @env STALLWATCH_THRESHOLD_MS=2
 * @env STALLWATCH_LOG=none
 * @expect no-stalls
 */
#include "support.h"

#define WORKERS 80
#define BUSY    2
#define MOST_NS 2000000 /* of CPU time, which who waits for a CPU does not spend */

static int work(void)
{
    struct loop loop = {epoll_create1(EPOLL_CLOEXEC), -1};
    struct epoll_event event;
    for (int i = 0; i < 5; i++)
        epoll_wait(loop.epoll, &event, 1, 1);
    return 0;
}

/* Has ended, and nobody has waited for it. */
static uint64_t reap(pid_t child)
{
    siginfo_t ended;
    REQUIRE(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) == 0);
    uint64_t began = now_ns(CLOCK_THREAD_CPUTIME_ID);
    REQUIRE(waitpid(child, NULL, WNOHANG) == child);
    return now_ns(CLOCK_THREAD_CPUTIME_ID) - began;
}

int main(void)
{
    pid_t busy[BUSY];
    unsigned slow = 0;
    for (int i = 0; i < BUSY; i++) {
        busy[i] = fork();
        if (busy[i] == 0)
            burn(20000);
    }
    for (int i = 0; i < WORKERS; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(work());
        uint64_t took = reap(child);
        slow += took > MOST_NS;
    }
    for (int i = 0; i < BUSY; i++) {
        kill(busy[i], SIGKILL);
        waitpid(busy[i], NULL, 0);
    }
    printf("%u of %d were reaped slowly\n", slow, WORKERS);
    return 0;
}
