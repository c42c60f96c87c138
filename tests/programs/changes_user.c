/*
 * Workers that change their group as soon as their loop turns, as mail servers and sshd do: each
 * goes on at once, also where the watchdog has just been at work. It slept through what it was
 * asked in a pass of its own, for a quarter of the threshold. Needs root.
 *
 * @env STALLWATCH_THRESHOLD_MS=2000
 * @expect no-stalls
 */
#include "support.h"

#define WORKERS 12
#define TURNS   4
#define MOST_NS 250000000

static int work(void)
{
    struct loop loop = loop_begin();
    uint64_t longest = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        loop_turn(&loop, 1);
        uint64_t began = now_ns(CLOCK_MONOTONIC);
        if (setegid(65534) != 0 || setegid(0) != 0)
            return SKIP;
        uint64_t took = now_ns(CLOCK_MONOTONIC) - began;
        longest = took > longest ? took : longest;
    }
    loop_end(&loop);
    return longest > MOST_NS;
}

int main(void)
{
    int late = 0;
    for (int i = 0; i < WORKERS; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(work());
        int status = 0;
        waitpid(child, &status, 0);
        if (WEXITSTATUS(status) == SKIP)
            return SKIP;
        late += status != 0;
    }
    printf("%d of %d were held up\n", late, WORKERS);
    return 0;
}
