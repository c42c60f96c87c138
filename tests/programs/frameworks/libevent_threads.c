/*
 * A loop in each of four threads, with different back ends (as memcached has its workers); the
 * one that stalls is named, by its own name, and the others are silent.
 *
 * @needs: libevent libevent_pthreads
 * @run sleeps sleeps
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event thread=worker-2
 * main=false
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=250..600 function=on_event
 * thread=worker-2 main=false
 * @run silent silent
 * @expect clean
 */
#include <event2/event.h>
#include <event2/thread.h>

#include "support.h"

#define WORKERS 4

static const char *what;

struct worker {
    int number, ticks;
    struct event_base *base;
};

static NOINLINE void on_event(void)
{
    if (strcmp(what, "sleeps") == 0)
        pause_ms(250);
    else if (strcmp(what, "computes") == 0)
        burn(250);
    keep_frame++;
}

static void on_tick(evutil_socket_t fd UNUSED, short event UNUSED, void *argument)
{
    struct worker *worker = argument;
    worker->ticks++;
    if (worker->ticks == 8 && worker->number == 2)
        on_event();
    if (worker->ticks == 25)
        event_base_loopbreak(worker->base);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    char name[16];
    snprintf(name, sizeof name, "worker-%d", worker->number);
    pthread_setname_np(pthread_self(), name);
    struct event_config *config = event_config_new();
    if (worker->number == 3)
        event_config_avoid_method(config, "epoll");
    worker->base = event_base_new_with_config(config);
    event_config_free(config);
    struct event *timer = event_new(worker->base, -1, EV_PERSIST, on_tick, worker);
    event_add(timer, &(struct timeval){0, 20000});
    event_base_dispatch(worker->base);
    event_free(timer);
    event_base_free(worker->base);
    return NULL;
}

int main(int count, char **words)
{
    struct worker worker[WORKERS] = {{0}};
    pthread_t thread[WORKERS];
    REQUIRE(count == 2 && evthread_use_pthreads() == 0);
    what = words[1];
    for (int i = 0; i < WORKERS; i++) {
        worker[i].number = i;
        thread[i] = thread_begin(work, &worker[i]);
    }
    for (int i = 0; i < WORKERS; i++)
        pthread_join(thread[i], NULL);
    puts("done");
    return 0;
}
