/*
 * A stall that never ends, and a program that is killed in it: the ongoing record is there, and a
 * summary.
 *
 * @kill KILL 1.6
 * @expect stall state=ongoing cause=blocking-call call=nanosleep ms=1000..1700 function=on_event
 * times=1..
 * @expect summary
 * @text event loop stalled for 1\d\d\d\.\d ms so far
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    struct timespec span = span_ms(30000);
    nanosleep(&span, NULL);
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("not reached");
    return 0;
}
