/*
 * GLib's main loop: sources of each kind stall once; so does who turns a context himself, inside
 * the turn or between two.
 *
 * @needs: glib-2.0
 * @run timeout timeout
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll|ppoll
 * calls=1
 * @run io io
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll|ppoll
 * calls=1
 * @run idle idle
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll|ppoll
 * calls=1
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=200..600 function=on_computing_tick wait=poll|ppoll
 * @run iteration iteration
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll|ppoll
 * calls=1
 * @run between between
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event wait=poll|ppoll
 * calls=1
 * @run spawn spawn
 * @expect stall cause=nested-wait|blocking-call call=* ms=300..500 function=run_program
 * wait=poll|ppoll
 */
#include <glib-unix.h>
#include <glib.h>

#include "support.h"

static GMainLoop *loop;
static const char *place;
static int ticks, channel[2];

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

static bool is_place(const char *name)
{
    return strcmp(place, name) == 0;
}

static gboolean on_readable(gint fd, GIOCondition condition UNUSED, gpointer nothing UNUSED)
{
    char byte;
    REQUIRE(read(fd, &byte, 1) == 1);
    on_event();
    return G_SOURCE_CONTINUE;
}

static gboolean on_idle(gpointer nothing UNUSED)
{
    on_event();
    return G_SOURCE_REMOVE;
}

static void run_program(void)
{
    char *output = NULL;
    int status = -1;
    char *command[] = {"/bin/sh", "-c", "sleep 0.3; echo out", NULL};
    REQUIRE(g_spawn_sync(NULL, command, NULL, 0, NULL, NULL, &output, NULL, &status, NULL));
    REQUIRE(status == 0 && strcmp(output, "out\n") == 0);
    g_free(output);
}

static gboolean on_tick(gpointer nothing UNUSED)
{
    ticks++;
    if (ticks == 10 && loop != NULL)
        g_main_loop_quit(loop);
    if (ticks != 5)
        return G_SOURCE_CONTINUE;
    if (is_place("timeout") || is_place("iteration"))
        on_event();
    if (is_place("io"))
        REQUIRE(write(channel[1], "x", 1) == 1);
    if (is_place("idle"))
        g_idle_add(on_idle, NULL);
    if (is_place("spawn"))
        run_program();
    return G_SOURCE_CONTINUE;
}

static NOINLINE gboolean on_computing_tick(gpointer nothing UNUSED)
{
    static bool computed;
    if (ticks == 6 && !computed) {
        computed = true;
        burn(250);
    }
    keep_frame++;
    return G_SOURCE_CONTINUE;
}

int main(int count, char **words)
{
    REQUIRE(count == 2 && pipe(channel) == 0);
    place = words[1];
    g_unix_fd_add(channel[0], G_IO_IN, on_readable, NULL);
    g_timeout_add(20, on_tick, NULL);
    if (is_place("computes"))
        g_timeout_add(20, on_computing_tick, NULL);
    if (!is_place("iteration") && !is_place("between")) {
        loop = g_main_loop_new(NULL, FALSE);
        g_main_loop_run(loop);
        g_main_loop_unref(loop);
    }
    bool stalled = false;
    while (ticks < 10) {
        g_main_context_iteration(NULL, TRUE);
        if (is_place("between") && ticks == 5 && !stalled) {
            stalled = true;
            on_event();
        }
    }
    puts("done");
    return 0;
}
