/*
 * A program that, in the middle of its work, takes every real-time signal for itself, the library's
 * own too: not one signal of ours reaches its handlers, its own all do, and what can be known of a
 * stall without a signal is still reported.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @env STALLWATCH_THRESHOLD_MS=50
 * @env STALLWATCH_SAMPLES=64
 * @expect stall times=3 cause=* call=* ms=78..300 counted=any
 */
#include "support.h"

#define RAISED_EACH 5

static volatile sig_atomic_t hits;

static void on_signal(int number)
{
    (void)number;
    hits = hits + 1;
}

static void take_all(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        REQUIRE(sigaction(number, &action, NULL) == 0);
        for (int i = 0; i < RAISED_EACH; i++)
            raise(number);
    }
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            take_all();
        burn(80);
        loop_turn(&loop, 3);
    }
    loop_end(&loop);
    printf("%d of %d signals\n", (int)hits, (SIGRTMAX - SIGRTMIN + 1) * RAISED_EACH);
    return 0;
}
