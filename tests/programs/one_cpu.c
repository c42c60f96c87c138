/*
 * A loop on a machine with one CPU: when its descriptor is ready the loop's thread runs before the
 * watchdog does, and has read what was ready by then. What its callbacks do is seen all the same
 * while they do it, with stacks.
 *
 * @expect stall times=6 cause=blocking-call call=clock_nanosleep ms=150 function=on_event
 */
#include <sched.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    pause_ms(150);
    keep_frame++;
}

int main(void)
{
    cpu_set_t all, one;
    int cpu = 0;
    REQUIRE(sched_getaffinity(0, sizeof all, &all) == 0);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    struct loop loop = loop_begin();
    struct itimerspec once = {.it_value = span_ms(60)};
    loop_turn(&loop, 5);
    for (int i = 0; i < 6; i++) {
        REQUIRE(timerfd_settime(loop.timer, 0, &once, NULL) == 0);
        loop_wait(&loop);
        on_event();
    }
    REQUIRE(timerfd_settime(loop.timer, 0, &once, NULL) == 0);
    loop_wait(&loop);
    loop_end(&loop);
    puts("done");
    return 0;
}
