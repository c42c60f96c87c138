/*
 * Loops that are turned from the same depth of the stack by one function first and by another later
 * (connecting, then serving), and two loops that a program turns one after the other without
 * closing the first: a stall is the loop's that waits now, and idling is nobody's stall.
 *
 * @run epoll epoll
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=epoll_wait times=2
 * @run poll poll
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=poll times=2
 * @run one-after-the-other two
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event calls=1
 * @run many-idle many
 * @expect clean
 */
#include "support.h"

static volatile int handshakes, requests;
static bool polls;

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void wait_for(const struct loop *loop)
{
    struct pollfd set[2] = {{.fd = loop->timer, .events = POLLIN}, {.fd = STDIN_FILENO}};
    if (polls) {
        REQUIRE(poll(set, 2, -1) >= 1);
        loop_took(loop);
    } else {
        loop_wait(loop);
    }
    keep_frame++;
}

static NOINLINE void shake_hands(const struct loop *loop)
{
    for (int turn = 0; turn < 8; turn++) {
        wait_for(loop);
        handshakes++;
    }
}

static NOINLINE void serve(const struct loop *loop)
{
    for (int turn = 0; turn < 28; turn++) {
        wait_for(loop);
        requests++;
        if (requests == 12 || requests == 20)
            on_event();
    }
}

static NOINLINE void idle(int epoll, int turns, int ms, int stalls_at)
{
    struct epoll_event event;
    for (int turn = 0; turn < turns; turn++) {
        REQUIRE(epoll_wait(epoll, &event, 1, ms) == 0);
        if (turn == stalls_at)
            on_event();
        keep_frame++;
    }
}

int main(int count, char **words)
{
    const char *way = count > 1 ? words[1] : "epoll";
    int empty[6];
    for (int i = 0; i < 6; i++)
        empty[i] = epoll_create1(0);
    polls = strcmp(way, "poll") == 0;
    if (strcmp(way, "two") == 0) {
        idle(empty[0], 5, 5, -1);
        idle(empty[1], 40, 5, 25);
    } else if (strcmp(way, "many") == 0) {
        for (int i = 0; i < 5; i++)
            idle(empty[i], 3, 5, -1);
        idle(empty[5], 60, 25, -1);
    } else {
        struct loop loop = loop_begin();
        shake_hands(&loop);
        serve(&loop);
        loop_end(&loop);
    }
    puts("done");
    return 0;
}
