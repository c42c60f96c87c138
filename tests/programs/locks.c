/*
 * Locks that another thread holds, a thread that is waited for, a semaphore, a condition. A mutex
 * that was free is no call to be counted.
 *
 * @expect stall cause=lock call=pthread_mutex_lock ms=200 function=by_mutex calls=1
 * @expect stall cause=lock call=pthread_rwlock_wrlock ms=200 function=by_rwlock
 * @expect stall cause=lock call=pthread_join ms=200 function=by_join
 * @expect stall cause=lock call=sem_wait ms=200 function=by_semaphore
 * @expect stall cause=lock call=pthread_cond_wait ms=200 function=by_condition
 * @expect stall cause=lock call=pthread_cond_timedwait detail=*timeout*ms ms=200 function=by_limit
 */
#include <semaphore.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore, held;
static int said;

static void *hold_mutex(void *nothing)
{
    pthread_mutex_lock(&mutex);
    sem_post(&held);
    pause_ms(200);
    said = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return nothing;
}

static NOINLINE void by_mutex(void)
{
    static pthread_mutex_t free_one = PTHREAD_MUTEX_INITIALIZER;
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&free_one);
        pthread_mutex_unlock(&free_one);
    }
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    keep_frame++;
}

static void *hold_rwlock(void *nothing)
{
    pthread_rwlock_rdlock(&rwlock);
    sem_post(&held);
    pause_ms(200);
    pthread_rwlock_unlock(&rwlock);
    return nothing;
}

static NOINLINE void by_rwlock(void)
{
    pthread_rwlock_wrlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    keep_frame++;
}

static void *only_sleep(void *nothing)
{
    sem_post(&held);
    pause_ms(200);
    return nothing;
}

static NOINLINE void by_join(pthread_t thread)
{
    pthread_join(thread, NULL);
    keep_frame++;
}

static void *post_late(void *nothing)
{
    sem_post(&held);
    pause_ms(200);
    sem_post(&semaphore);
    return nothing;
}

static NOINLINE void by_semaphore(void)
{
    sem_wait(&semaphore);
    keep_frame++;
}

static void *signal_late(void *nothing)
{
    sem_post(&held);
    pause_ms(200);
    pthread_mutex_lock(&mutex);
    said = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
    return nothing;
}

static NOINLINE void by_condition(void)
{
    pthread_mutex_lock(&mutex);
    while (!said)
        pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
}

/* Conditions with the monotonic clock, as V8 and libuv make them: which clock, the call does not
 * say. */
static NOINLINE void by_limit(void)
{
    pthread_condattr_t attribute;
    pthread_cond_t nobodys;
    struct timespec limit;
    pthread_condattr_init(&attribute);
    pthread_condattr_setclock(&attribute, CLOCK_MONOTONIC);
    pthread_cond_init(&nobodys, &attribute);
    clock_gettime(CLOCK_MONOTONIC, &limit);
    limit.tv_nsec += 200000000;
    limit.tv_sec += limit.tv_nsec / 1000000000;
    limit.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mutex);
    while (pthread_cond_timedwait(&nobodys, &mutex, &limit) == 0)
        ;
    pthread_mutex_unlock(&mutex);
    keep_frame++;
}

static pthread_t begin_holding(void *(*hold)(void *))
{
    pthread_t thread = thread_begin(hold, NULL);
    sem_wait(&held);
    return thread;
}

int main(void)
{
    REQUIRE(sem_init(&semaphore, 0, 0) == 0 && sem_init(&held, 0, 0) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    pthread_t thread = begin_holding(hold_mutex);
    by_mutex();
    loop_turn(&loop, 2);
    pthread_join(thread, NULL);
    thread = begin_holding(hold_rwlock);
    by_rwlock();
    loop_turn(&loop, 2);
    pthread_join(thread, NULL);
    by_join(begin_holding(only_sleep));
    loop_turn(&loop, 2);
    thread = begin_holding(post_late);
    by_semaphore();
    loop_turn(&loop, 2);
    pthread_join(thread, NULL);
    said = 0;
    thread = begin_holding(signal_late);
    by_condition();
    loop_turn(&loop, 2);
    pthread_join(thread, NULL);
    by_limit();
    loop_turn(&loop, 2);
    loop_end(&loop);
    puts("done");
    return 0;
}
