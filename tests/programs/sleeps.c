/*
 * Every way to sleep, each in an iteration of its own, each named by the function that was called.
 *
 * @env STALLWATCH_ONGOING_MS=5000
 * @expect stall cause=blocking-call call=usleep ms=150 function=by_usleep calls=1
 * @expect stall cause=blocking-call call=nanosleep ms=150 function=by_nanosleep calls=1
 * @expect stall cause=blocking-call call=sleep ms=1000 function=by_sleep calls=1
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=by_clock_nanosleep calls=1
 * @expect stall cause=blocking-call call=clock_nanosleep ms=150 function=by_absolute_time calls=1
 * @expect stall cause=blocking-call call=thrd_sleep|nanosleep|clock_nanosleep ms=150
 * function=by_thrd_sleep
 */
#include <threads.h>

#include "support.h"

static NOINLINE void by_usleep(void)
{
    usleep(150000);
    keep_frame++;
}

static NOINLINE void by_nanosleep(void)
{
    struct timespec span = span_ms(150);
    nanosleep(&span, NULL);
    keep_frame++;
}

static NOINLINE void by_sleep(void)
{
    sleep(1);
    keep_frame++;
}

static NOINLINE void by_clock_nanosleep(void)
{
    struct timespec span = span_ms(150);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
    keep_frame++;
}

static NOINLINE void by_absolute_time(void)
{
    uint64_t until = now_ns(CLOCK_MONOTONIC) + 150000000u;
    struct timespec end = {.tv_sec = (time_t)(until / 1000000000u),
                           .tv_nsec = (long)(until % 1000000000u)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
    keep_frame++;
}

static NOINLINE void by_thrd_sleep(void)
{
    struct timespec span = span_ms(150);
    thrd_sleep(&span, NULL);
    keep_frame++;
}

int main(void)
{
    void (*const ways[])(void) = {by_usleep,          by_nanosleep,     by_sleep,
                                  by_clock_nanosleep, by_absolute_time, by_thrd_sleep};
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 3);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
