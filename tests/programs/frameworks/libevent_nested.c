/*
 * A callback that runs a loop of its own, on another base, until an answer is there: for the
 * outer loop that is one long wait, however often the inner one turns.
 *
 * @needs: libevent
 * @expect stall cause=nested-wait call=epoll_wait ms=300..420 function=ask_and_wait
 */
#include <event2/event.h>

#include "support.h"

static struct event_base *base;
static int ticks;

static void on_inner_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *turns)
{
    ++*(int *)turns;
}

static NOINLINE void ask_and_wait(void)
{
    int turns = 0;
    struct event_base *inner = event_base_new();
    struct event *timer = event_new(inner, -1, EV_PERSIST, on_inner_tick, &turns);
    event_add(timer, &(struct timeval){0, 30000});
    event_base_loopexit(inner, &(struct timeval){0, 310000});
    event_base_dispatch(inner);
    REQUIRE(turns >= 3);
    event_free(timer);
    event_base_free(inner);
    keep_frame++;
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *nothing UNUSED)
{
    if (++ticks == 5)
        ask_and_wait();
    if (ticks == 10)
        event_base_loopbreak(base);
}

int main(void)
{
    base = event_base_new();
    struct event *timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    event_add(timer, &(struct timeval){0, 20000});
    event_base_dispatch(base);
    event_free(timer);
    event_base_free(base);
    puts("done");
    return 0;
}
