/* The sleep family. Any thread; see wrap.h. Cancellation points: nothing is held across the real
 * call. */
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

int __nanosleep(const struct timespec *asked, struct timespec *left);

#define SPAN(asked) (uintptr_t)(asked), CLOCK_MONOTONIC, 0

SW_WRAP(unsigned int, sleep, sleep, (unsigned int seconds), (seconds), seconds, 0, 0)
SW_WRAP(int, usleep, usleep, (useconds_t microseconds), (microseconds), microseconds, 0, 0)
SW_WRAP_READS(SW_MINUS_ONE, int, nanosleep, nanosleep,
              (const struct timespec *asked, struct timespec *left), (asked, left), SPAN(asked))
SW_WRAP_READS(SW_MINUS_ONE, int, __nanosleep, nanosleep,
              (const struct timespec *asked, struct timespec *left), (asked, left), SPAN(asked))
SW_WRAP_READS(SW_ERROR_ITSELF, int, clock_nanosleep, clock_nanosleep,
              (clockid_t clock, int flags, const struct timespec *asked, struct timespec *left),
              (clock, flags, asked, left), (uintptr_t)asked, clock, flags)

/* 0, or -1 where a signal came; any other result: an error. */
SW_WRAP_FULL(int, thrd_sleep, thrd_sleep, (const struct timespec *asked, struct timespec *left),
             (asked, left), result == 0 || result == -1, SPAN(asked))
