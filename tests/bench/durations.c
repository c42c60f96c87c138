/*
 * Stalls whose true lengths are known: the program times each of its iterations itself, by the
 * kernel's clock, from the return of its wait to the next.
 *
 * Called by `make bench`, with the library preloaded, which then compares. Prints a line for each
 * stall: its length in microseconds. The lengths go from 2 to 40 ms in steps that are not whole.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

enum { STALLS = 100 };

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(void)
{
    struct epoll_event event;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 12; i++)
        epoll_wait(epoll, &event, 1, 2);
    for (int i = 0; i < STALLS; i++) {
        double began = now_us();
        struct timespec span = {0, 2000000 + i * 377777};
        nanosleep(&span, NULL);
        printf("%.3f\n", now_us() - began);
        epoll_wait(epoll, &event, 1, 0);
        epoll_wait(epoll, &event, 1, 2);
    }
    return 0;
}
