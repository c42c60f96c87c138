/*
 * Waits on something that is not the loop, inside a callback: poll and select on a socket, another
 * epoll.
 *
 * @expect stall cause=nested-wait call=poll ms=200 function=by_poll calls=1
 * @expect stall cause=nested-wait call=select ms=200 function=by_select calls=1
 * @expect stall cause=nested-wait call=epoll_wait ms=200 function=by_epoll calls=1
 */
#include <sys/select.h>

#include "support.h"

static int pair[2];

static void take(void)
{
    char byte;
    REQUIRE(read(pair[0], &byte, 1) == 1);
}

static NOINLINE void by_poll(void)
{
    struct pollfd watched = {.fd = pair[0], .events = POLLIN};
    REQUIRE(poll(&watched, 1, 5000) == 1);
    take();
}

static NOINLINE void by_select(void)
{
    struct timeval limit = {5, 0};
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(pair[0], &readable);
    REQUIRE(select(pair[0] + 1, &readable, NULL, NULL, &limit) == 1);
    take();
}

static NOINLINE void by_epoll(void)
{
    int other = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    REQUIRE(epoll_ctl(other, EPOLL_CTL_ADD, pair[0], &event) == 0);
    REQUIRE(epoll_wait(other, &event, 1, 5000) == 1);
    take();
    close(other);
}

int main(void)
{
    void (*const ways[])(void) = {by_poll, by_select, by_epoll};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        pthread_t late = thread_begin(write_late, (void *)(intptr_t)pair[1]);
        ways[i]();
        pthread_join(late, NULL);
        loop_turn(&loop, 2);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
