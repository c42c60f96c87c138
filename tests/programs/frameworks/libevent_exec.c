/*
 * A server that loads its new version by exec into itself, same pid (as nginx and haproxy do):
 * the new image is watched, the old one's time is not counted to it.
 *
 * @needs: libevent
 * @expect images 2
 * @run silent silent
 * @expect clean
 * @run stall stall
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

int main(int count, char **words)
{
    REQUIRE(count >= 2);
    bool second = count > 2;
    stalls = second && strcmp(words[1], "stall") == 0;
    base = event_base_new();
    struct event *timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    event_add(timer, &(struct timeval){0, 20000});
    event_base_dispatch(base);
    if (!second) {
        execl("/proc/self/exe", words[0], words[1], "second", NULL);
        REQUIRE(!"exec");
    }
    event_free(timer);
    event_base_free(base);
    puts("done");
    return 0;
}
