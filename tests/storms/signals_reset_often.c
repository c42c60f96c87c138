/*
 * A program that sets every real-time signal back to its default action all the time, in each way
 * that libc has, from its loop's own thread and from another, while a sample is taken every few
 * microseconds: one that arrived after its handler had been taken away would end it.
 */
#include <sys/syscall.h>

#include "storm.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* siginterrupt */

#define TURNS 120

static _Atomic bool over;

/* struct kernel_sigaction: handler, flags, restorer, mask. */
static void reset_raw(int number)
{
    unsigned long action[4] = {0, 0, 0, 0};
    REQUIRE(syscall(SYS_rt_sigaction, number, action, NULL, 8) == 0);
}

static void reset(int number, unsigned way)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    switch (way % 5) {
    case 0:
        REQUIRE(sigaction(number, &action, NULL) == 0);
        break;
    case 1:
        REQUIRE(signal(number, SIG_DFL) == SIG_DFL);
        break;
    case 2:
        REQUIRE(sysv_signal(number, SIG_DFL) == SIG_DFL);
        break;
    case 3:
        REQUIRE(siginterrupt(number, way & 1) == 0);
        break;
    default:
        reset_raw(number);
    }
}

static void reset_all(unsigned way)
{
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        reset(number, way);
}

static void *reset_always(void *unused)
{
    (void)unused;
    for (unsigned way = 0; !over; way++)
        reset_all(way);
    return NULL;
}

static NOINLINE void on_event(unsigned way)
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + 4000000;
    while (now_ns(CLOCK_MONOTONIC) < end)
        reset_all(way++);
    keep_frame++;
}

int main(void)
{
    struct loop loop = storm_begin();
    pthread_t other = thread_begin(reset_always, NULL);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        loop_turn(&loop, 1);
        on_event(turn);
    }
    over = true;
    pthread_join(other, NULL);
    loop_end(&loop);
    puts("alive");
    return 0;
}
