/*
 * A loop of two waits in turn, an epoll inside an epoll: neither's idling is the other's stall.
 *
 * @expect clean
 */
#include "support.h"

int main(void)
{
    int outer = epoll_create1(0), inner = epoll_create1(0), idle = eventfd(0, 0);
    struct epoll_event event = {.events = EPOLLIN};
    REQUIRE(epoll_ctl(inner, EPOLL_CTL_ADD, idle, &event) == 0);
    REQUIRE(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) == 0);
    for (int turn = 0; turn < 5; turn++) {
        REQUIRE(epoll_wait(outer, &event, 1, 180) == 0);
        REQUIRE(epoll_wait(inner, &event, 1, 180) == 0);
    }
    puts("done");
    return 0;
}
