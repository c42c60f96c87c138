/*
 * A program that is not position-independent, and whose segments lie far apart: the loader knows
 * such an object by its segments, not as a whole (node before version 25 is linked so).
 *
 * @needs: -no-pie -Wl,--section-start=.far=0x9000000
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=epoll_wait
 * @text on_event .*gaps\.c:\d+
 * @text main .*gaps\.c:\d+
 * @text _start +gaps
 */
#include "support.h"

__attribute__((section(".far"))) static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
