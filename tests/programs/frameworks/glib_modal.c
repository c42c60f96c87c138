/*
 * A modal dialog: a callback runs g_main_loop_run again, on the same context. The loop turns, so
 * nothing stalls for as long as it is open; what stalls inside it, or in the callback after it
 * was closed, is a stall of that length.
 *
 * @needs: glib-2.0
 * @run open open
 * @expect clean
 * @run twice twice
 * @expect clean
 * @run stall-inside stall-inside
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..300 function=on_event
 * wait=poll|ppoll
 * @run stall-after stall-after
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200..300 function=on_event
 * wait=poll|ppoll
 * @run iterations iterations
 * @expect clean
 * @run own-context own-context
 * @expect stall cause=nested-wait call=poll|ppoll ms=300..500 function=run_own_context
 * wait=poll|ppoll
 */
#include <glib.h>

#include "support.h"

static GMainLoop *loop, *dialog;
static const char *mode;
static int ticks, dialog_ticks, depth;

static NOINLINE void on_event(void)
{
    pause_ms(200);
    keep_frame++;
}

static bool is_mode(const char *name)
{
    return strcmp(mode, name) == 0;
}

static NOINLINE void run_dialog(void);

static gboolean on_dialog_tick(gpointer nothing UNUSED)
{
    dialog_ticks++;
    if (dialog_ticks == 6 && is_mode("stall-inside"))
        on_event();
    if (dialog_ticks == 6 && is_mode("twice") && depth == 1)
        run_dialog();
    if (dialog_ticks < 15)
        return G_SOURCE_CONTINUE;
    if (dialog != NULL)
        g_main_loop_quit(dialog);
    return G_SOURCE_REMOVE;
}

static NOINLINE void run_dialog(void)
{
    GMainLoop *outer = dialog;
    depth++;
    dialog_ticks = 0;
    dialog = g_main_loop_new(NULL, FALSE);
    g_timeout_add(20, on_dialog_tick, NULL);
    if (is_mode("iterations"))
        while (dialog_ticks < 15)
            g_main_context_iteration(NULL, TRUE);
    else
        g_main_loop_run(dialog);
    g_main_loop_unref(dialog);
    dialog = outer;
    depth--;
    if (is_mode("stall-after"))
        on_event();
    keep_frame++;
}

static gboolean on_own_tick(gpointer own)
{
    if (++dialog_ticks == 15)
        g_main_loop_quit(own);
    return G_SOURCE_CONTINUE;
}

/* Another context: the outer one's sources wait all the while. */
static NOINLINE void run_own_context(void)
{
    GMainContext *context = g_main_context_new();
    GMainLoop *own = g_main_loop_new(context, FALSE);
    GSource *source = g_timeout_source_new(20);
    g_source_set_callback(source, on_own_tick, own, NULL);
    g_source_attach(source, context);
    g_main_loop_run(own);
    g_source_destroy(source);
    g_source_unref(source);
    g_main_loop_unref(own);
    g_main_context_unref(context);
    keep_frame++;
}

static gboolean on_tick(gpointer nothing UNUSED)
{
    ticks++;
    if (ticks == 5 && is_mode("own-context"))
        run_own_context();
    else if (ticks == 5)
        run_dialog();
    if (ticks >= 40 || (ticks >= 12 && depth == 0))
        g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    loop = g_main_loop_new(NULL, FALSE);
    g_timeout_add(20, on_tick, NULL);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    puts("done");
    return 0;
}
