/*
 * Raw epoll as programs use it: level and edge triggered, one-shot, and turns with a timeout of 0
 * between others; a stall in the middle of each, and none without.
 *
 * @run level level
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event wait=epoll_wait
 * calls=1
 * @run edge edge
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event wait=epoll_wait
 * calls=1
 * @run one-shot one-shot
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event wait=epoll_wait
 * calls=1
 * @run timeout-0 timeout-0
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event wait=epoll_wait
 * calls=1
 * @run pwait pwait
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event wait=epoll_pwait
 * calls=1
 * @run level-silent level silent
 * @expect clean
 * @run edge-silent edge silent
 * @expect clean
 * @run timeout-0-silent timeout-0 silent
 * @expect clean
 */
#include "support.h"

static const char *mode;

static NOINLINE void on_event(void)
{
    pause_ms(250);
    keep_frame++;
}

static int wait_once(int epoll, struct epoll_event *event)
{
    if (strcmp(mode, "pwait") == 0)
        return epoll_pwait(epoll, event, 1, -1, NULL);
    int ready = epoll_wait(epoll, event, 1, 0);
    if (strcmp(mode, "timeout-0") != 0 && ready == 0)
        ready = epoll_wait(epoll, event, 1, 8);
    if (ready == 0)
        pause_ms(2); /* what a program does that must not wait: render, in a game */
    return ready;
}

static void drain(int fd)
{
    char bytes[16];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
    REQUIRE(errno == EAGAIN);
}

int main(int count, char **words)
{
    REQUIRE(count >= 2);
    mode = words[1];
    int channel[2];
    int epoll = epoll_create1(0);
    REQUIRE(pipe2(channel, O_NONBLOCK) == 0);
    bool once = strcmp(mode, "one-shot") == 0;
    struct epoll_event wanted = {.events = EPOLLIN};
    if (strcmp(mode, "edge") == 0)
        wanted.events |= EPOLLET;
    if (once)
        wanted.events |= EPOLLONESHOT;
    REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, channel[0], &wanted) == 0);
    for (int turn = 0; turn < 60; turn++) {
        struct epoll_event event;
        if (turn % 3 == 0)
            REQUIRE(write(channel[1], "xyz", 3) == 3);
        else if (strcmp(mode, "pwait") == 0)
            continue;
        if (wait_once(epoll, &event) != 1)
            continue;
        drain(channel[0]);
        if (once)
            REQUIRE(epoll_ctl(epoll, EPOLL_CTL_MOD, channel[0], &wanted) == 0);
        if (turn == 30 && count == 2)
            on_event();
    }
    puts("done");
    return 0;
}
