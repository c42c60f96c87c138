/*
 * Loops that have little to do: THREADS of them, each woken by its own timeout every WAKE_MS (0:
 * never), for SECONDS. Called by `make bench`, which looks at what the process and its threads
 * cost meanwhile. Prints "ready" when all loops wait.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

static int wake_ms;
static double seconds;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *run(void *unused)
{
    struct epoll_event event;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 12; i++)
        epoll_wait(epoll, &event, 1, 1);
    double end = now_s() + seconds;
    while (now_s() < end)
        epoll_wait(epoll, &event, 1, wake_ms > 0 ? wake_ms : (int)(seconds * 1000));
    return unused;
}

int main(int count, char **arguments)
{
    int wanted = count == 4 ? atoi(arguments[1]) : 0;
    wake_ms = count == 4 ? atoi(arguments[2]) : 0;
    seconds = count == 4 ? atof(arguments[3]) : 0;
    pthread_t *threads = calloc((size_t)(wanted > 0 ? wanted : 1), sizeof *threads);
    pthread_attr_t attributes;
    if (wanted < 1 || threads == NULL || seconds <= 0 || pthread_attr_init(&attributes) != 0) {
        fprintf(stderr, "usage: quiet_loops THREADS WAKE_MS SECONDS\n");
        return 2;
    }
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    for (int i = 0; i < wanted; i++)
        if (pthread_create(&threads[i], &attributes, run, NULL) != 0)
            return 1;
    puts("ready");
    fflush(stdout);
    for (int i = 0; i < wanted; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
