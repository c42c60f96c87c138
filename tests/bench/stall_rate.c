/*
 * Many stalls a second: THREADS loops that each stall for 1.1 ms or a little more, again and again,
 * for SECONDS. Called by `make bench` with the library preloaded at a threshold of 1 ms, which then
 * compares what was reported with what is printed here: how many stalls there were by the
 * program's own clock, and in how many seconds.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

enum { MOST_THREADS = 64 };

static double seconds;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *run(void *stalls)
{
    struct epoll_event event;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 12; i++)
        epoll_wait(epoll, &event, 1, 1);
    for (double end = now_s() + seconds; now_s() < end; ++*(uint64_t *)stalls) {
        double began = now_s();
        while (now_s() - began < 0.0011) {
            struct timespec span = {0, 1050000};
            nanosleep(&span, NULL);
        }
        epoll_wait(epoll, &event, 1, 0);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    static uint64_t stalls[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    int wanted = count == 3 ? atoi(arguments[1]) : 0;
    seconds = count == 3 ? atof(arguments[2]) : 0;
    if (wanted < 1 || wanted > MOST_THREADS || seconds <= 0) {
        fprintf(stderr, "usage: stall_rate THREADS SECONDS\n");
        return 2;
    }
    double began = now_s();
    for (int i = 0; i < wanted; i++)
        if (pthread_create(&threads[i], NULL, run, &stalls[i]) != 0)
            return 1;
    uint64_t total = 0;
    for (int i = 0; i < wanted; i++) {
        pthread_join(threads[i], NULL);
        total += stalls[i];
    }
    printf("%llu %f\n", (unsigned long long)total, now_s() - began);
    return 0;
}
