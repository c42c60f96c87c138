/*
 * What the storms share: a loop whose timer is always ready, so that no time goes by waiting, and a
 * callback that is long enough to be sampled at a threshold of 1 ms. Each storm prints only what is
 * the same with the library and without it, and ends with a line that says so;
 * tests/run/test_storms.py runs them.
 */
#ifndef TESTS_STORM_H
#define TESTS_STORM_H

#include "support.h"

static inline struct loop storm_begin(void)
{
    struct loop loop = loop_begin();
    struct itimerspec soon = {{0, 100000}, {0, 100000}};
    REQUIRE(timerfd_settime(loop.timer, 0, &soon, NULL) == 0);
    loop_turn(&loop, 3);
    return loop;
}

/* Computes for so long in real time. */
static NOINLINE UNUSED void spin_us(unsigned us)
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + us * UINT64_C(1000);
    while (now_ns(CLOCK_MONOTONIC) < end)
        keep_frame = keep_frame + 1;
}

/* What the process has of memory that is its own, in KiB; 0 where /proc does not tell. */
static inline long own_memory_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "RssAnon: %ld", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Is what is there now no more than it was then, but for what chance may add: some dozens of
 * threads that had not been found to have ended when others came? */
static inline const char *flat_memory(long before_kib)
{
    static char text[64];
    long grown = own_memory_kib() - before_kib;
    snprintf(text, sizeof text, "grown by %ld KiB", grown);
    return grown < 32 * 1024 ? "flat" : text;
}

#endif
