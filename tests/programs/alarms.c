/*
 * A program with an interval timer and no SA_RESTART, which counts its interrupted calls: no more
 * of them than alarms, though the thread is sampled while it computes in between.
 *
 * @expect stall cause=* ms=400..1200 function=on_event
 */
#include <sys/time.h>

#include "support.h"

static volatile int alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

static NOINLINE void on_event(void)
{
    int interrupted = 0;
    uint64_t began = now_ns(CLOCK_MONOTONIC), spent = 0;
    /* On a busy machine it takes longer until enough of the alarms have met a sleep. */
    while (spent < 400000000u || (interrupted <= 3 && spent < 1100000000u)) {
        struct timespec span = span_ms(5);
        burn(1);
        if (nanosleep(&span, NULL) != 0 && errno == EINTR)
            interrupted++;
        spent = now_ns(CLOCK_MONOTONIC) - began;
    }
    printf("interrupted: %s, more often than by alarms: %s\n", interrupted > 3 ? "yes" : "no",
           interrupted > alarms ? "yes" : "no");
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval every = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    on_event();
    setitimer(ITIMER_REAL, &never, NULL);
    loop_turn(&loop, 4);
    loop_end(&loop);
    return 0;
}
