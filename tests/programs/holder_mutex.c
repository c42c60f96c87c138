/*
 * A mutex that another thread holds: while it sleeps, while it computes, while it waits for what a
 * third one has. Whoever holds it is named, and shown where it stood.
 *
 * @env STALLWATCH_ONGOING_MS=60000
 *
 * @run sleeps sleep_with_it
 * @expect stall cause=lock call=pthread_mutex_lock ms=250..3000 function=on_event
 * holder=mutex:worker holds=sleep_with_it
 * @text held by: .*"worker", at:\n(.* (in the kernel|\? +libc).*\n)*.* #. +[_GI]*clock_nanosleep
 *
 * @run computes burn_with_it
 * @expect stall cause=lock|starved counted=any call=pthread_mutex_lock ms=250..3000
 * function=on_event holder=mutex:worker holds=burn_with_it
 *
 * @run reads read_with_it
 * @expect stall cause=lock call=pthread_mutex_lock ms=250..3000 function=on_event
 * holder=mutex:worker holds=read_with_it
 *
 * @run hands_over hand_over
 * @expect stall cause=lock call=pthread_mutex_lock ms=250..3000 function=on_event
 * holder=mutex:second holds=sleep_again
 */
#include <semaphore.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t held;
static volatile bool asks;
static int late[2];

static NOINLINE void sleep_with_it(void)
{
    pause_ms(300);
    keep_frame++;
}

static NOINLINE void burn_with_it(void)
{
    burn(300);
    keep_frame++;
}

static NOINLINE void read_with_it(void)
{
    char byte;
    REQUIRE(read(late[0], &byte, 1) == 1);
    keep_frame++;
}

static NOINLINE void sleep_again(void)
{
    pause_ms(200);
    keep_frame++;
}

static void *write_after(void *nothing)
{
    pause_ms(300);
    REQUIRE(write(late[1], "x", 1) == 1);
    return nothing;
}

/* The second thread is first in the queue for the mutex. */
static void *second(void *nothing)
{
    prctl(PR_SET_NAME, "second");
    pthread_mutex_lock(&mutex);
    sleep_again();
    pthread_mutex_unlock(&mutex);
    return nothing;
}

static void *hold(void *how)
{
    prctl(PR_SET_NAME, "worker");
    pthread_mutex_lock(&mutex);
    pthread_t other = 0;
    bool hands_over = strcmp(how, "hand_over") == 0;
    if (hands_over)
        other = thread_begin(second, NULL);
    while (hands_over && mutex.__data.__lock != 2) /* glibc: somebody waits */
        pause_ms(1);
    pause_ms(5);
    sem_post(&held);
    while (!asks)
        pause_ms(1);
    if (strcmp(how, "read_with_it") == 0)
        other = thread_begin(write_after, NULL);
    if (strcmp(how, "sleep_with_it") == 0)
        sleep_with_it();
    else if (strcmp(how, "burn_with_it") == 0)
        burn_with_it();
    else if (hands_over)
        pause_ms(100);
    else
        read_with_it();
    pthread_mutex_unlock(&mutex);
    if (other != 0)
        pthread_join(other, NULL);
    return NULL;
}

static NOINLINE void on_event(void)
{
    asks = true;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    keep_frame++;
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2 && sem_init(&held, 0, 0) == 0 && pipe(late) == 0);
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    pthread_t thread = thread_begin(hold, argv[1]);
    sem_wait(&held);
    on_event();
    loop_turn(&loop, 5);
    pthread_join(thread, NULL);
    loop_end(&loop);
    puts("done");
    return 0;
}
