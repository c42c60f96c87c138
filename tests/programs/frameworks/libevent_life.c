/*
 * The life of a libevent program beside its callbacks: what it does before the loop, between two
 * loops, and after the loop returned is no stall, whether the base was freed or not; a second
 * loop, on the same base or a new one, is watched as the first was. (It watches for a signal, so
 * that poll has a descriptor.)
 *
 * @needs: libevent
 * @run before before
 * @expect clean
 * @run after after
 * @expect clean
 * @run after-poll after-poll
 * @expect clean
 * @run after-freed after-freed
 * @expect clean
 * @run between between
 * @expect clean
 * @run between-bases between-bases
 * @expect clean
 * @run between-poll between-poll
 * @expect clean
 * @run second between-stall
 * @expect stall cause=blocking-call ms=200 function=on_event
 * @run second-base between-bases-stall
 * @expect stall cause=blocking-call ms=200 function=on_event
 */
#include <event2/event.h>

#include "support.h"

static struct event_base *base;
static bool stalls;
static int ticks;

static NOINLINE void on_event(void)
{
    pause_ms(200);
    keep_frame++;
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *nothing UNUSED)
{
    if (++ticks == 5 && stalls)
        on_event();
    if (ticks == 10)
        event_base_loopbreak(base);
}

static void run(void)
{
    struct event *timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    struct event *hangup = evsignal_new(base, SIGHUP, on_tick, NULL);
    ticks = 0;
    event_add(timer, &(struct timeval){0, 20000});
    event_add(hangup, NULL);
    event_base_dispatch(base);
    event_free(hangup);
    event_free(timer);
}

static NOINLINE void clean_up(void)
{
    pause_ms(300);
    burn(150);
    keep_frame++;
}

static struct event_base *base_without(const char *method)
{
    struct event_config *config = event_config_new();
    event_config_avoid_method(config, method);
    struct event_base *result = event_base_new_with_config(config);
    event_config_free(config);
    return result;
}

static bool has(const char *word, const char *part)
{
    return strstr(word, part) != NULL;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    base = base_without(has(words[1], "poll") ? "epoll" : "none");
    if (has(words[1], "before"))
        clean_up();
    run();
    if (has(words[1], "between")) {
        clean_up();
        if (has(words[1], "bases")) {
            event_base_free(base);
            base = event_base_new();
        }
        stalls = has(words[1], "stall");
        run();
    }
    if (has(words[1], "freed"))
        event_base_free(base);
    if (has(words[1], "after"))
        clean_up();
    puts("done");
    return 0;
}
