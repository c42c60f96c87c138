/*
 * systemd's sd-event: sources of each kind stall once; a callback that runs an event loop of its
 * own; what comes after sd_event_loop has returned is no stall.
 *
 * @needs: libsystemd
 * @run time time
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event calls=1
 * @run io io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event calls=1
 * @run defer defer
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event calls=1
 * @run post post
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event calls=1
 * @run own own
 * @expect stall cause=nested-wait call=epoll_wait|epoll_pwait2 ms=200..330 function=ask_and_wait
 * @run silent silent
 * @expect clean
 * @run after after
 * @expect clean
 * @run turns turns
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event
 */
#include <systemd/sd-event.h>

#include "support.h"

static sd_event *event;
static const char *mode;
static int ticks, channel[2];

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static bool is_mode(const char *name)
{
    return strcmp(mode, name) == 0;
}

static int on_readable(sd_event_source *source UNUSED, int fd, uint32_t events UNUSED,
                       void *nothing UNUSED)
{
    char byte;
    REQUIRE(read(fd, &byte, 1) == 1);
    on_event();
    return 0;
}

static int on_once(sd_event_source *source, void *nothing UNUSED)
{
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    on_event();
    return 0;
}

static int on_own_tick(sd_event_source *source, uint64_t when, void *turns)
{
    sd_event *own = sd_event_source_get_event(source);
    if (++*(int *)turns == 10)
        return sd_event_exit(own, 0);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return sd_event_source_set_time(source, when + 20000);
}

static NOINLINE void ask_and_wait(void)
{
    sd_event *own;
    uint64_t now;
    int turns = 0;
    REQUIRE(sd_event_new(&own) >= 0 && sd_event_now(own, CLOCK_MONOTONIC, &now) >= 0);
    sd_event_add_time(own, NULL, CLOCK_MONOTONIC, now + 20000, 1, on_own_tick, &turns);
    REQUIRE(sd_event_loop(own) == 0 && turns == 10);
    sd_event_unref(own);
    keep_frame++;
}

static void begin_event(void)
{
    if (is_mode("time"))
        on_event();
    if (is_mode("io"))
        REQUIRE(write(channel[1], "x", 1) == 1);
    if (is_mode("defer"))
        sd_event_add_defer(event, NULL, on_once, NULL);
    if (is_mode("post"))
        sd_event_add_post(event, NULL, on_once, NULL);
    if (is_mode("own"))
        ask_and_wait();
}

static int on_tick(sd_event_source *source, uint64_t when, void *nothing UNUSED)
{
    if (++ticks == 5)
        begin_event();
    if (ticks == 12)
        return sd_event_exit(event, 0);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return sd_event_source_set_time(source, when + 20000);
}

static NOINLINE void clean_up(void)
{
    pause_ms(300);
    burn(150);
    keep_frame++;
}

int main(int count, char **words)
{
    uint64_t now;
    REQUIRE(count == 2 && pipe(channel) == 0);
    mode = words[1];
    REQUIRE(sd_event_default(&event) >= 0 && sd_event_now(event, CLOCK_MONOTONIC, &now) >= 0);
    sd_event_add_io(event, NULL, channel[0], EPOLLIN, on_readable, NULL);
    sd_event_add_time(event, NULL, CLOCK_MONOTONIC, now + 20000, 1, on_tick, NULL);
    bool stalled = false;
    while (is_mode("turns") && ticks < 12) {
        if (sd_event_run(event, UINT64_MAX) < 0 || sd_event_get_state(event) == SD_EVENT_FINISHED)
            break;
        if (ticks == 5 && !stalled) {
            stalled = true;
            on_event();
        }
    }
    if (!is_mode("turns"))
        REQUIRE(sd_event_loop(event) == 0);
    if (is_mode("after"))
        clean_up();
    sd_event_unref(event);
    puts("done");
    return 0;
}
