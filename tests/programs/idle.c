/*
 * A loop that mostly waits, longer than the threshold, is idle and not stalled.
 *
 * @expect clean
 */
#include "support.h"

int main(void)
{
    int loop = epoll_create1(0), quiet = eventfd(0, 0);
    struct epoll_event event = {.events = EPOLLIN};
    REQUIRE(epoll_ctl(loop, EPOLL_CTL_ADD, quiet, &event) == 0);
    for (int turn = 0; turn < 4; turn++)
        REQUIRE(epoll_wait(loop, &event, 1, 400) == 0);
    puts("done");
    return 0;
}
