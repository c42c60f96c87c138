/*
 * A loop that has rested for half a second, and then an event that it takes at once: what the
 * watchdog slept through would be seen at its end only, without a stack. Level and edge triggered,
 * and by the wait's own timeout.
 *
 * @expect stall times=4 cause=blocking-call call=clock_nanosleep|nanosleep|usleep ms=200
 * function=on_event accounted=100..
 * @run level level
 * @run edge edge
 * @run timeout timeout
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

int main(int count, char **arguments)
{
    bool by_timeout = count > 1 && strcmp(arguments[1], "timeout") == 0;
    uint32_t edge = count > 1 && strcmp(arguments[1], "edge") == 0 ? EPOLLET : 0;
    int loop = epoll_create1(0), ends[2];
    struct epoll_event event = {.events = EPOLLIN | edge};
    REQUIRE(pipe(ends) == 0 && epoll_ctl(loop, EPOLL_CTL_ADD, ends[0], &event) == 0);
    for (int turn = 0; turn < 12; turn++)
        REQUIRE(epoll_wait(loop, &event, 1, 5) == 0);
    pid_t writer = fork();
    for (int i = 0; writer == 0 && i < 4; i++) {
        pause_ms(300);
        REQUIRE(write(ends[1], "x", 1) == 1);
    }
    if (writer == 0)
        _exit(0);
    for (int i = 0; i < 4; i++) {
        char byte;
        int ready = epoll_wait(loop, &event, 1, by_timeout ? 210 : -1);
        if (ready > 0)
            REQUIRE(read(ends[0], &byte, 1) == 1);
        else
            i -= ready < 0;
        on_event();
    }
    epoll_wait(loop, &event, 1, 0);
    close(loop);
    REQUIRE(waitpid(writer, NULL, 0) == writer);
    puts("done");
    return 0;
}
