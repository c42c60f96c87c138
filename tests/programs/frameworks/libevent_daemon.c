/*
 * A daemon: it forks, the parent ends, the child closes every descriptor and serves. Its loop is
 * watched, and the records are written though whatever the library held was closed.
 *
 * @needs: libevent
 * @run stall stall
 * @expect no-loop-in-parent
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event process=child
 * @run silent silent
 * @expect no-loop-in-parent
 * @run in-loop in-loop
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event
 */
#include <event2/event.h>

#include "support.h"

static struct event_base *base;
static int ticks;
static bool stalls;

static NOINLINE void on_event(void)
{
    pause_ms(250);
    keep_frame++;
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *nothing UNUSED)
{
    if (++ticks == 5 && stalls)
        on_event();
    if (ticks == 12)
        event_base_loopbreak(base);
}

static void serve(void)
{
    base = event_base_new();
    struct event *timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    event_add(timer, &(struct timeval){0, 20000});
    ticks = 0;
    event_base_dispatch(base);
}

static void close_all(int first)
{
    for (int fd = first; fd < 1024; fd++)
        close(fd);
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    stalls = strcmp(words[1], "silent") != 0;
    if (strcmp(words[1], "in-loop") == 0) {
        serve();
        close_all(3); /* and with them the loop; then everything begins again */
        stalls = false;
        serve();
        puts("done");
        return 0;
    }
    int ended[2];
    REQUIRE(pipe(ended) == 0);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        setsid();
        dup2(ended[1], 3);
        close_all(4);
        serve();
        _exit(0);
    }
    char byte;
    close(ended[1]);
    REQUIRE(read(ended[0], &byte, 1) == 0); /* here the test has to stay until the daemon ends */
    puts("done");
    return 0;
}
