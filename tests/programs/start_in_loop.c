/*
 * A server that imports inside its loop's first iterations: its waits still have the timeout 0. A
 * note, never counted.
 *
 * @expect stall phase=startup counted=false cause=blocking-call call=clock_nanosleep ms=200
 * function=import
 */
#include "support.h"

static NOINLINE void import(void)
{
    pause_ms(200);
    keep_frame++;
}

int main(void)
{
    struct loop loop = loop_begin();
    struct epoll_event event;
    REQUIRE(epoll_wait(loop.epoll, &event, 1, 0) >= 0);
    REQUIRE(epoll_wait(loop.epoll, &event, 1, 0) >= 0);
    import();
    REQUIRE(epoll_wait(loop.epoll, &event, 1, 0) >= 0);
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return 0;
}
