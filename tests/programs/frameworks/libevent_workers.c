/*
 * Forked workers: each child starts clean and watches its own loop, whether the parent waits for
 * them in waitpid (a prefork server without a loop of its own), or runs a loop itself. A stall in
 * one child is that child's.
 *
 * @needs: libevent
 * @run silent waits silent
 * @expect no-loop-in-parent
 * @run stall waits stall
 * @expect no-loop-in-parent
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event process=child
 * @run loops-silent loops silent
 * @expect clean
 * @run loops-stall loops stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event process=child
 */
#include <event2/event.h>

#include "support.h"

#define WORKERS 3

static struct event_base *base;
static bool stalls;
static int ticks, most_ticks = 15;

static NOINLINE void on_event(void)
{
    pause_ms(250);
    keep_frame++;
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *nothing UNUSED)
{
    if (++ticks == 5 && stalls)
        on_event();
    if (ticks == most_ticks)
        event_base_loopbreak(base);
}

static struct event *begin_timer(void)
{
    struct event *timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    REQUIRE(timer != NULL && event_add(timer, &(struct timeval){0, 20000}) == 0);
    return timer;
}

static void work(bool inherits, bool will_stall)
{
    ticks = 0;
    stalls = will_stall;
    if (inherits)
        REQUIRE(event_reinit(base) == 0);
    else
        begin_timer();
    event_base_dispatch(base);
    event_base_free(base);
    _exit(0);
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    bool loops = strcmp(words[1], "loops") == 0;
    bool stall = strcmp(words[2], "stall") == 0;
    pid_t child[WORKERS];
    base = event_base_new();
    struct event *timer = loops ? begin_timer() : NULL;
    if (loops) {
        event_base_dispatch(base);
        most_ticks = 30;
    }
    ticks = 0;
    for (int i = 0; i < WORKERS; i++) {
        child[i] = fork();
        REQUIRE(child[i] >= 0);
        if (child[i] == 0)
            work(loops, stall && i == 1);
    }
    if (loops)
        event_base_dispatch(base);
    for (int i = 0; i < WORKERS; i++)
        REQUIRE(waitpid(child[i], NULL, 0) == child[i]);
    if (timer != NULL)
        event_free(timer);
    event_base_free(base);
    puts("done");
    return 0;
}
