/*
 * A callback that computes for a while and then sleeps for longer: what held it is told by the
 * whole of it, not by what it did when it crossed the threshold.
 *
 * @alone: computes
 *
 * @expect stall cause=blocking-call call=usleep ms=620..900 function=on_event
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    burn(120);
    usleep(500000);
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
