/*
 * A loop that polls with the timeout 0 and never sleeps turns all the time: busy, not stalled.
 *
 * @expect clean
 */
#include "support.h"

int main(void)
{
    struct loop loop = loop_begin();
    uint64_t end = now_ns(CLOCK_MONOTONIC) + 500000000u;
    while (now_ns(CLOCK_MONOTONIC) < end) {
        struct epoll_event event;
        if (epoll_wait(loop.epoll, &event, 1, 0) == 1)
            loop_took(&loop);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
