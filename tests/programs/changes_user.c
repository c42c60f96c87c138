/*
 * Workers that change their group as soon as their loop turns, as mail servers and sshd do: each
 * goes on at once, also where the watchdog has just been at work. It slept through what it was
 * asked in a pass of its own, for a quarter of the threshold. Needs root.
 *
 * The watchdog is a thread that libc knows of where the program unwinds by the same library as it;
 * then libc's setegid waits for it, and most workers went on after 10 ms only.
 *
 * @env STALLWATCH_THRESHOLD_MS=2000
 * @expect no-stalls
 * @run plain 250 libc.so.6
 * @run unwinds 5 libunwind-x86_64.so.8
 */
#include <dlfcn.h>

#include "support.h"

#define WORKERS 12
#define TURNS   4

static int work(uint64_t most_ns)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    uint64_t longest = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        epoll_wait(epoll, &event, 1, 1);
        uint64_t began = now_ns(CLOCK_MONOTONIC);
        if (setegid(65534) != 0 || setegid(0) != 0)
            return SKIP;
        uint64_t took = now_ns(CLOCK_MONOTONIC) - began;
        longest = took > longest ? took : longest;
    }
    return longest > most_ns;
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    uint64_t most_ns = strtoull(words[1], NULL, 10) * 1000000;
    if (dlopen(words[2], RTLD_NOW) == NULL)
        return SKIP;
    int late = 0;
    for (int i = 0; i < WORKERS; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(work(most_ns));
        int status = 0;
        waitpid(child, &status, 0);
        if (WEXITSTATUS(status) == SKIP)
            return SKIP;
        late += status != 0;
    }
    puts(late * 2 > WORKERS ? "most were held up" : "few were held up, if any");
    return 0;
}
