/*
 * The loop's thread and another one wait for each other's mutex, for good: the ongoing record says
 * so, with both stacks.
 *
 * @env STALLWATCH_ONGOING_MS=500
 * @kill KILL 2
 * @expect stall state=ongoing times=1..4 cause=lock call=pthread_mutex_lock ms=100..2500
 * function=on_event detail=*deadlock:*"worker"*held* holder=mutex:worker holds=take_first
 * counted=any
 * @expect summary
 * @text deadlock: thread [0-9]+ "deadlock" waits for a mutex held by thread [0-9]+ "worker", which
 * waits for a mutex held by thread [0-9]+
 */
#include <semaphore.h>
#include <sys/prctl.h>

#include "support.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static sem_t held;

static NOINLINE void take_first(void)
{
    pthread_mutex_lock(&first);
    keep_frame++;
}

static void *work(void *nothing)
{
    prctl(PR_SET_NAME, "worker");
    pthread_mutex_lock(&second);
    sem_post(&held);
    pause_ms(50);
    take_first();
    return nothing;
}

static NOINLINE void on_event(void)
{
    pthread_mutex_lock(&first);
    thread_begin(work, NULL);
    sem_wait(&held);
    pthread_mutex_lock(&second);
    keep_frame++;
}

int main(void)
{
    REQUIRE(sem_init(&held, 0, 0) == 0);
    loop_run(on_event);
    return 0;
}
