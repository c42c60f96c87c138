/*
 * Locks that another thread has, and threads that are waited for, each for a while: with timeouts,
 * and those of C11.
 *
 * @expect stall cause=lock call=pthread_barrier_wait ms=200 function=by_barrier
 * detail="barrier 0x*"
 * @expect stall cause=lock call=pthread_mutex_timedlock ms=200 function=by_mutex
 * detail="mutex 0x*, timeout [12][09][0-9]*"
 * @expect stall cause=lock call=pthread_rwlock_clockrdlock ms=200 function=by_rwlock
 * detail="rwlock 0x*, timeout [12][09][0-9]*"
 * @expect stall cause=lock call=sem_timedwait ms=200 function=by_semaphore
 * detail="semaphore 0x*, timeout [12][09][0-9]*"
 * @expect stall cause=lock call=cnd_wait ms=200 function=by_condition11
 * detail="condition 0x*"
 * @expect stall cause=lock call=mtx_lock ms=200 function=by_mutex11
 * detail="mutex 0x*"
 * @expect stall cause=lock call=thrd_join ms=200 function=by_thread11
 * detail="thread * \"slow one\""
 */
#include <semaphore.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <threads.h>

#include "support.h"

#define WHILE_MS 200

static pthread_barrier_t barrier;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore, ready;
static mtx_t mutex11;
static cnd_t condition11;
static bool said;

static struct timespec soon(clockid_t clock)
{
    uint64_t then = now_ns(clock) + WHILE_MS * 1000000ull;
    return (struct timespec){(time_t)(then / 1000000000), (long)(then % 1000000000)};
}

/* What other threads do: each says when it is ready, and what it does comes a while later. */

static void *come_late(void *nothing)
{
    sem_post(&ready);
    pause_ms(WHILE_MS);
    pthread_barrier_wait(&barrier);
    return nothing;
}

static void *say_late(void *nothing)
{
    sem_post(&ready);
    pause_ms(WHILE_MS);
    mtx_lock(&mutex11);
    said = true;
    cnd_signal(&condition11);
    mtx_unlock(&mutex11);
    return nothing;
}

static void *let_go_late(void *nothing)
{
    mtx_lock(&mutex11);
    sem_post(&ready);
    pause_ms(WHILE_MS);
    mtx_unlock(&mutex11);
    return nothing;
}

static void *hold_for_good(void *nothing)
{
    pthread_mutex_lock(&mutex);
    pthread_rwlock_wrlock(&rwlock);
    sem_post(&ready);
    pause_ms(60000);
    return nothing;
}

static NOINLINE void by_barrier(void)
{
    pthread_barrier_wait(&barrier);
    keep_frame++;
}

static NOINLINE void by_mutex(void)
{
    struct timespec limit = soon(CLOCK_REALTIME);
    REQUIRE(pthread_mutex_timedlock(&mutex, &limit) == ETIMEDOUT);
    keep_frame++;
}

static NOINLINE void by_rwlock(void)
{
    struct timespec limit = soon(CLOCK_MONOTONIC);
    REQUIRE(pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &limit) == ETIMEDOUT);
    keep_frame++;
}

static NOINLINE void by_semaphore(void)
{
    struct timespec limit = soon(CLOCK_REALTIME);
    REQUIRE(sem_timedwait(&semaphore, &limit) == -1 && errno == ETIMEDOUT);
    keep_frame++;
}

static NOINLINE void by_condition11(void)
{
    mtx_lock(&mutex11);
    while (!said)
        cnd_wait(&condition11, &mutex11);
    mtx_unlock(&mutex11);
}

static NOINLINE void by_mutex11(void)
{
    mtx_lock(&mutex11);
    mtx_unlock(&mutex11);
}

static int slow_one(void *nothing)
{
    prctl(PR_SET_NAME, "slow one");
    pause_ms(WHILE_MS);
    return nothing == NULL ? 7 : 0;
}

static NOINLINE void by_thread11(void)
{
    thrd_t thread;
    int value = 0;
    REQUIRE(thrd_create(&thread, slow_one, NULL) == thrd_success);
    REQUIRE(thrd_join(thread, &value) == thrd_success && value == 7);
}

static const struct {
    void (*way)(void);
    void *(*other)(void *); /* what another thread does meanwhile */
} ways[] = {
    {by_barrier, come_late}, {by_mutex, NULL},           {by_rwlock, NULL},
    {by_semaphore, NULL},    {by_condition11, say_late}, {by_mutex11, let_go_late},
    {by_thread11, NULL},
};

int main(void)
{
    REQUIRE(sem_init(&semaphore, 0, 0) == 0 && sem_init(&ready, 0, 0) == 0);
    REQUIRE(pthread_barrier_init(&barrier, NULL, 2) == 0);
    REQUIRE(mtx_init(&mutex11, mtx_plain) == thrd_success &&
            cnd_init(&condition11) == thrd_success);
    pthread_detach(thread_begin(hold_for_good, NULL));
    sem_wait(&ready);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        pthread_t thread = 0;
        if (ways[i].other != NULL) {
            thread = thread_begin(ways[i].other, NULL);
            sem_wait(&ready);
        }
        ways[i].way();
        loop_turn(&loop, 2);
        if (thread != 0)
            pthread_join(thread, NULL);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
