/*
 * The first example of all: a callback that sleeps.
 *
 * @expect stall cause=blocking-call call=clock_nanosleep detail="300 ms" ms=300 function=on_event
 * calls=1 wait=epoll_wait
 * @text cause: blocking-call: clock_nanosleep\(300 ms\) held the loop for
 * 3\d\d\.\d ms
 * @text #0 +\S*clock_nanosleep\S* +\S*libc
 * @text on_event .*epoll_sleep\.c:\d+
 * @text seen 1 time \(signature [0-9a-f]{16}\)
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
