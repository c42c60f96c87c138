/*
 * A poll loop on a thread that blocks all signals, and computes: no stack can be had of it, so
 * whether the function that polls is still there is not known. What was told of a stall while it
 * went on is told to its end all the same.
 *
 * @env STALLWATCH_ONGOING_MS=200
 * @expect stall state=ongoing cause=* ms=200..390 counted=any
 * @expect stall state=ongoing cause=* ms=400..790 counted=any
 * @expect stall state=ended cause=* ms=600..1500 counted=any
 * @expect one-id
 */
#include <poll.h>

#include "support.h"

static void *serve(void *unused)
{
    (void)unused;
    sigset_t all;
    int pipes[2][2];
    REQUIRE(pipe(pipes[0]) == 0 && pipe(pipes[1]) == 0);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 12; i++) {
        struct pollfd set[] = {{pipes[0][0], POLLIN, 0}, {pipes[1][0], POLLIN, 0}};
        REQUIRE(poll(set, 2, 10) == 0);
        if (i == 8)
            burn(600);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, serve, NULL) == 0);
    pthread_join(thread, NULL);
    puts("done");
    return 0;
}
