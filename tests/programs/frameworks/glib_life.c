/*
 * The life of a GLib program beside its callbacks: pools of threads, threads that wait for each
 * other, contexts in threads, what comes after g_main_loop_run has returned.
 *
 * @needs: gio-2.0
 * @run pool pool
 * @expect clean
 * @run task task
 * @expect clean
 * @run after after
 * @expect clean
 * @run again again
 * @expect clean
 * @run contexts contexts
 * @expect clean
 * @run contexts-stall contexts-stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event thread=context-1
 * main=false wait=poll|ppoll
 * @run waits waits
 * @expect stall cause=lock call=futex ms=200..330 function=wait_for_answer wait=poll|ppoll
 * main=true
 */
#include <gio/gio.h>

#include "support.h"

static GMainLoop *loop;
static const char *mode;
static int ticks;
static GMutex mutex;
static GCond answered;
static bool has_answer;

static NOINLINE void on_event(void)
{
    pause_ms(250);
    keep_frame++;
}

static bool is_mode(const char *name)
{
    return strcmp(mode, name) == 0;
}

static void in_pool(gpointer item UNUSED, gpointer nothing UNUSED)
{
    pause_ms(150);
}

static void in_task(GTask *task, gpointer source UNUSED, gpointer data UNUSED,
                    GCancellable *cancellable UNUSED)
{
    pause_ms(250);
    g_task_return_boolean(task, TRUE);
}

static void after_task(GObject *source UNUSED, GAsyncResult *result, gpointer data UNUSED)
{
    REQUIRE(g_task_propagate_boolean(G_TASK(result), NULL));
}

static gpointer answer_late(gpointer nothing)
{
    pause_ms(220);
    g_mutex_lock(&mutex);
    has_answer = true;
    g_cond_signal(&answered);
    g_mutex_unlock(&mutex);
    return nothing;
}

static NOINLINE void wait_for_answer(void)
{
    GThread *thread = g_thread_new("answers", answer_late, NULL);
    g_mutex_lock(&mutex);
    while (!has_answer)
        g_cond_wait(&answered, &mutex);
    g_mutex_unlock(&mutex);
    g_thread_join(thread);
    keep_frame++;
}

static gboolean on_tick(gpointer nothing UNUSED)
{
    ticks++;
    if (ticks == 5 && is_mode("pool")) {
        GThreadPool *pool = g_thread_pool_new(in_pool, NULL, 2, FALSE, NULL);
        for (int i = 0; i < 4; i++)
            g_thread_pool_push(pool, &ticks, NULL);
    }
    if (ticks == 5 && is_mode("task")) {
        GTask *task = g_task_new(NULL, NULL, after_task, NULL);
        g_task_run_in_thread(task, in_task);
        g_object_unref(task);
    }
    if (ticks == 5 && is_mode("waits"))
        wait_for_answer();
    if (ticks % 25 == 0)
        g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

struct context {
    int number, ticks;
    GMainLoop *loop;
};

static gboolean on_context_tick(gpointer argument)
{
    struct context *context = argument;
    if (++context->ticks == 8 && context->number == 1 && is_mode("contexts-stall"))
        on_event();
    if (context->ticks == 20)
        g_main_loop_quit(context->loop);
    return G_SOURCE_CONTINUE;
}

static gpointer run_context(gpointer argument)
{
    struct context *context = argument;
    GMainContext *own = g_main_context_new();
    g_main_context_push_thread_default(own);
    context->loop = g_main_loop_new(own, FALSE);
    GSource *source = g_timeout_source_new(20);
    g_source_set_callback(source, on_context_tick, context, NULL);
    g_source_attach(source, own);
    g_main_loop_run(context->loop);
    g_source_unref(source);
    g_main_loop_unref(context->loop);
    g_main_context_pop_thread_default(own);
    g_main_context_unref(own);
    return NULL;
}

static void run_contexts(void)
{
    struct context context[3] = {{0}};
    GThread *thread[3];
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "context-%d", i);
        context[i].number = i;
        thread[i] = g_thread_new(name, run_context, &context[i]);
    }
    for (int i = 0; i < 3; i++)
        g_thread_join(thread[i]);
}

static NOINLINE void clean_up(void)
{
    pause_ms(300);
    burn(150);
    keep_frame++;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    mode = words[1];
    if (strncmp(mode, "contexts", 8) == 0) {
        run_contexts();
        puts("done");
        return 0;
    }
    loop = g_main_loop_new(NULL, FALSE);
    g_timeout_add(20, on_tick, NULL);
    g_main_loop_run(loop);
    if (is_mode("after") || is_mode("again"))
        clean_up();
    if (is_mode("again"))
        g_main_loop_run(loop);
    g_main_loop_unref(loop);
    puts("done");
    return 0;
}
