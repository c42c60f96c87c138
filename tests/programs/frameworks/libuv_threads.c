/*
 * Three threads with a libuv loop each that send work around; one of them stalls and is named.
 * Beside them a thread that waits in a condition variable.
 *
 * @needs: libuv
 * @run stall stall
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event thread=relay-1
 * main=false
 * @run silent silent
 * @expect clean
 */
#include <uv.h>

#include "support.h"

#define RELAYS 3

struct relay {
    uv_loop_t loop;
    uv_async_t async;
    uv_timer_t timer;
    int number, received;
};

static struct relay relays[RELAYS];
static uv_barrier_t ready;
static bool stalls;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t over = PTHREAD_COND_INITIALIZER;
static bool is_over;

static NOINLINE void on_event(void)
{
    pause_ms(250);
    keep_frame++;
}

static void on_async(uv_async_t *handle)
{
    struct relay *relay = handle->data;
    if (++relay->received == 8 && relay->number == 1 && stalls)
        on_event();
}

static void on_tick(uv_timer_t *handle)
{
    struct relay *relay = handle->data;
    uv_async_send(&relays[(relay->number + 1) % RELAYS].async);
}

static void on_end(uv_timer_t *handle)
{
    uv_stop(handle->loop);
}

static void *run_relay(void *argument)
{
    struct relay *relay = argument;
    uv_timer_t end;
    char name[16];
    snprintf(name, sizeof name, "relay-%d", relay->number);
    pthread_setname_np(pthread_self(), name);
    uv_loop_init(&relay->loop);
    uv_async_init(&relay->loop, &relay->async, on_async);
    uv_timer_init(&relay->loop, &relay->timer);
    uv_timer_init(&relay->loop, &end);
    relay->async.data = relay->timer.data = relay;
    uv_barrier_wait(&ready);
    uv_timer_start(&relay->timer, on_tick, 20, 20);
    uv_timer_start(&end, on_end, 600, 0);
    uv_run(&relay->loop, UV_RUN_DEFAULT);
    uv_barrier_wait(&ready);
    return NULL;
}

static void *park(void *nothing)
{
    pthread_mutex_lock(&mutex);
    while (!is_over)
        pthread_cond_wait(&over, &mutex);
    pthread_mutex_unlock(&mutex);
    return nothing;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    stalls = strcmp(words[1], "stall") == 0;
    pthread_t thread[RELAYS];
    uv_barrier_init(&ready, RELAYS);
    pthread_t parked = thread_begin(park, NULL);
    for (int i = 0; i < RELAYS; i++) {
        relays[i].number = i;
        thread[i] = thread_begin(run_relay, &relays[i]);
    }
    for (int i = 0; i < RELAYS; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_lock(&mutex);
    is_over = true;
    pthread_cond_signal(&over);
    pthread_mutex_unlock(&mutex);
    pthread_join(parked, NULL);
    puts("done");
    return 0;
}
