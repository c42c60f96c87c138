/*
 * libev, each back end: a callback of a descriptor, of a timer, and a loop run again from inside a
 * callback (libev allows that: the loop turns).
 *
 * @needs: ev.h -lev
 * @run epoll-io epoll io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=epoll_wait
 * calls=1
 * @run epoll-timer epoll timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=epoll_wait
 * calls=1
 * @run epoll-modal epoll modal
 * @expect clean
 * @run poll-io poll io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll calls=1
 * @run poll-timer poll timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll calls=1
 * @run poll-modal poll modal
 * @expect clean
 * @run select-io select io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=select
 * calls=1
 * @run select-timer select timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=select
 * calls=1
 * @run select-modal select modal
 * @expect clean
 */
#include <ev.h>

#include "support.h"

static struct ev_loop *loop;
static const char *place;
static int pair[2], other[2], ticks;

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static NOINLINE void run_dialog(void)
{
    ev_run(loop, 0);
    REQUIRE(ticks >= 20);
    keep_frame++;
}

static void on_readable(struct ev_loop *on UNUSED, ev_io *watcher, int events UNUSED)
{
    char byte;
    REQUIRE(read(watcher->fd, &byte, 1) == 1);
    on_event();
}

static void on_tick(struct ev_loop *on, ev_timer *watcher UNUSED, int events UNUSED)
{
    ticks++;
    if (ticks == 5 && strcmp(place, "timer") == 0)
        on_event();
    else if (ticks == 5 && strcmp(place, "io") == 0)
        REQUIRE(write(pair[1], "x", 1) == 1);
    else if (ticks == 5)
        run_dialog();
    if (ticks == 20 || ticks == 30)
        ev_break(on, EVBREAK_ONE);
}

int main(int count, char **words)
{
    REQUIRE(count == 3 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    place = words[2];
    unsigned method = strcmp(words[1], "epoll") == 0  ? EVBACKEND_EPOLL
                      : strcmp(words[1], "poll") == 0 ? EVBACKEND_POLL
                                                      : EVBACKEND_SELECT;
    loop = ev_loop_new(method);
    REQUIRE(loop != NULL && ev_backend(loop) == method);
    ev_io readable, never;
    ev_timer timer;
    ev_io_init(&readable, on_readable, pair[0], EV_READ);
    ev_timer_init(&timer, on_tick, 0.02, 0.02);
    REQUIRE(pipe(other) == 0);
    ev_io_init(&never, on_readable, other[0], EV_READ);
    ev_io_start(loop, &never); /* a poll of a lone connected socket would be no loop */
    ev_io_start(loop, &readable);
    ev_timer_start(loop, &timer);
    ev_run(loop, 0);
    ev_loop_destroy(loop);
    puts("done");
    return 0;
}
