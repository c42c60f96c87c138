/*
 * What include/stallwatch.h is for: a loop that waits on a queue with a condition variable, which
 * nobody could know for a loop. In C and C++; the programs that include it are built in several
 * ways.
 */
#ifndef TESTS_ANNOTATED_H
#define TESTS_ANNOTATED_H

#include "stallwatch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int queued;
static volatile int keep_frame;

static void *produce(void *nothing)
{
    int i;
    for (i = 0; i < 12; i++) {
        usleep(15000);
        pthread_mutex_lock(&mutex);
        queued++;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return nothing;
}

static void take(void)
{
    stallwatch_loop_wait_begin(&queued);
    pthread_mutex_lock(&mutex);
    while (queued == 0)
        pthread_cond_wait(&changed, &mutex);
    queued--;
    pthread_mutex_unlock(&mutex);
    stallwatch_loop_wait_end(&queued);
}

__attribute__((noinline)) static void work(void)
{
    stallwatch_label("GET /short");
    usleep(1000);
    stallwatch_label("GET /slow\n");
    usleep(200000);
    stallwatch_label("GET /other");
    keep_frame = 1;
}

__attribute__((noinline)) static void reload(void)
{
    stallwatch_allow_begin("reads its settings anew");
    usleep(100000);
    stallwatch_allow_begin("a part of it");
    usleep(100000);
    stallwatch_allow_end();
    usleep(50000);
    stallwatch_allow_end();
    keep_frame = 1;
}

/* None of these does anything. */
static void unbalanced(void)
{
    stallwatch_allow_end();
    stallwatch_loop_wait_end(&queued);
    stallwatch_loop_wait_end(NULL);
    stallwatch_label(NULL);
    stallwatch_allow_begin(NULL);
    stallwatch_allow_end();
}

static int run(void)
{
    int i;
    pthread_t producer;
    unbalanced();
    if (pthread_create(&producer, NULL, produce, NULL) != 0)
        return 1;
    for (i = 0; i < 12; i++) {
        take();
        unbalanced();
        if (i == 4)
            work();
        if (i == 7)
            reload();
    }
    pthread_join(producer, NULL);
    if (stallwatch_active() != (getenv("LD_PRELOAD") != NULL) && getenv("EXPECT_ACTIVE") != NULL)
        return 1;
    puts("done");
    return 0;
}

#endif
