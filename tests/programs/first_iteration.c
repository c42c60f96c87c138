/*
 * A stall in the very first iteration: reported once the second wait has shown that there is a
 * loop.
 *
 * @expect stall cause=blocking-call call=clock_nanosleep ms=300 function=on_event iteration=1
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    pause_ms(300);
    keep_frame++;
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_wait(&loop);
    on_event();
    loop_turn(&loop, 3);
    loop_end(&loop);
    puts("done");
    return 0;
}
