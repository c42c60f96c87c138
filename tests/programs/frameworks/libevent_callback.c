/*
 * libevent, each back end: a callback of a descriptor, of a timer, and one that libevent's own
 * bufferevent calls further in. (It watches for a signal too, by a descriptor of its own: a poll
 * of a lone connected socket would be no loop.)
 *
 * @needs: libevent
 * @run epoll-io epoll io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=epoll_wait
 * calls=1
 * @run epoll-timer epoll timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=epoll_wait
 * calls=1
 * @run epoll-deep epoll deep
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=epoll_wait
 * calls=1
 * @run poll-io poll io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll calls=1
 * @run poll-timer poll timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll calls=1
 * @run poll-deep poll deep
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll calls=1
 * @run select-io select io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=select
 * calls=1
 * @run select-timer select timer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=select
 * calls=1
 */
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "support.h"

static struct event_base *base;
static struct event *timer;
static struct bufferevent *stream;
static const char *place;
static int pair[2], ticks;

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static void on_readable(evutil_socket_t fd, short what UNUSED, void *nothing UNUSED)
{
    char byte;
    REQUIRE(read(fd, &byte, 1) == 1);
    on_event();
}

static void on_stream(struct bufferevent *from, void *nothing UNUSED)
{
    char byte;
    REQUIRE(bufferevent_read(from, &byte, 1) == 1);
    on_event();
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *nothing UNUSED)
{
    ticks++;
    if (ticks == 5 && strcmp(place, "timer") == 0)
        on_event();
    else if (ticks == 5)
        REQUIRE(write(pair[1], "x", 1) == 1);
    if (ticks == 10)
        event_base_loopbreak(base);
}

static struct event_base *base_of(const char *method)
{
    static const char *const methods[] = {"epoll", "poll", "select"};
    struct event_config *config = event_config_new();
    for (int i = 0; i < 3; i++)
        if (strcmp(methods[i], method) != 0)
            event_config_avoid_method(config, methods[i]);
    struct event_base *result = event_base_new_with_config(config);
    event_config_free(config);
    REQUIRE(result != NULL && strcmp(event_base_get_method(result), method) == 0);
    return result;
}

int main(int count, char **words)
{
    REQUIRE(count == 3 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    place = words[2];
    base = base_of(words[1]);
    struct event *readable = event_new(base, pair[0], EV_READ | EV_PERSIST, on_readable, NULL);
    timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    if (strcmp(place, "deep") == 0) {
        stream = bufferevent_socket_new(base, pair[0], BEV_OPT_DEFER_CALLBACKS);
        bufferevent_setcb(stream, on_stream, NULL, NULL, NULL);
        bufferevent_enable(stream, EV_READ);
    } else {
        event_add(readable, NULL);
    }
    event_add(timer, &(struct timeval){0, 20000});
    struct event *hangup = evsignal_new(base, SIGHUP, on_tick, NULL);
    event_add(hangup, NULL);
    event_base_dispatch(base);
    event_free(hangup);
    event_free(timer);
    event_free(readable);
    if (stream != NULL)
        bufferevent_free(stream);
    event_base_free(base);
    puts("done");
    return 0;
}
