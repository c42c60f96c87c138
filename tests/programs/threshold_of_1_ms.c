/*
 * A loop that turns a thousand times a second and works for a tenth of a millisecond each time,
 * with a threshold of 1 ms, and of half a millisecond: nothing of it is a stall. On a machine that
 * is busy its thread may wait for a CPU, or the watchdog for its own, which is no failure. A sleep
 * of 3 ms is a stall.
 *
 * @alone: a wait for a CPU longer than a millisecond is usual beside another program
 * @run one clean
 * @env STALLWATCH_THRESHOLD_MS=1
 * @expect clean
 * @run half clean
 * @env STALLWATCH_THRESHOLD_MS=0.5
 * @expect clean
 * @run stall stall
 * @env STALLWATCH_THRESHOLD_MS=1
 * @expect stall cause=blocking-call call=clock_nanosleep ms=3
 */
#include "support.h"

static NOINLINE void work(void)
{
    uint64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + 100000;
    while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        ;
    keep_frame++;
}

static NOINLINE void on_event(void)
{
    pause_ms(3);
    keep_frame++;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    struct loop loop = loop_begin();
    struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    loop_turn(&loop, 5);
    REQUIRE(timerfd_settime(loop.timer, 0, &often, NULL) == 0);
    for (int turn = 0; turn < 700; turn++) {
        loop_wait(&loop);
        if (turn == 500 && strcmp(words[1], "stall") == 0)
            on_event();
        else
            work();
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
