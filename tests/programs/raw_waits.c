/*
 * Loops that wait through syscall(2): epoll_wait, epoll_pwait2, poll, select.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=epoll_wait
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=epoll_pwait2
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=poll
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=select
 */
#include <sys/select.h>
#include <sys/syscall.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static long wait_by(unsigned way, const struct loop *loop, int other)
{
    struct epoll_event event;
    struct timespec limit = span_ms(1000);
    struct timeval old_limit = {1, 0};
    struct pollfd watched[2] = {{.fd = loop->timer, .events = POLLIN},
                                {.fd = other, .events = POLLIN}};
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(loop->timer, &readable);
    FD_SET(other, &readable);
    int most = (loop->timer > other ? loop->timer : other) + 1;
    switch (way) {
    case 0:
        return syscall(SYS_epoll_wait, loop->epoll, &event, 1L, 1000L);
    case 1:
        return syscall(SYS_epoll_pwait2, loop->epoll, &event, 1L, &limit, NULL, 8L);
    case 2:
        return syscall(SYS_poll, watched, 2L, 1000L);
    default:
        return syscall(SYS_select, most, &readable, NULL, NULL, &old_limit);
    }
}

static NOINLINE void run(unsigned way)
{
    struct loop loop = loop_begin();
    int other = eventfd(0, EFD_NONBLOCK);
    for (int turn = 0; turn < 16; turn++) {
        REQUIRE(wait_by(way, &loop, other) == 1);
        loop_took(&loop);
        if (turn == 12)
            on_event();
    }
    close(other);
    loop_end(&loop);
}

int main(void)
{
    for (unsigned way = 0; way < 4; way++)
        run(way);
    puts("done");
    return 0;
}
