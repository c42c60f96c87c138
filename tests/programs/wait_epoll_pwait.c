/*
 * Loops on epoll_pwait and epoll_pwait2.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=epoll_pwait
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=epoll_pwait2
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void run(int with_pwait2)
{
    struct loop loop = loop_begin();
    sigset_t mask;
    sigemptyset(&mask);
    struct timespec limit = span_ms(1000);
    for (int turn = 0; turn < 8; turn++) {
        struct epoll_event event;
        int count = with_pwait2 ? epoll_pwait2(loop.epoll, &event, 1, &limit, &mask)
                                : epoll_pwait(loop.epoll, &event, 1, 1000, &mask);
        REQUIRE(count == 1);
        loop_took(&loop);
        if (turn == 4)
            on_event();
    }
    loop_end(&loop);
}

int main(void)
{
    run(0);
    run(1);
    puts("done");
    return 0;
}
