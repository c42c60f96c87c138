/*
 * A program that gives up root while its loop turns, as daemons do: from then on its own folder in
 * /proc is root's, and does not tell which system call a thread is in. What it computes has a stack
 * all the same. Needs root.
 *
 * @alone: it computes, and another program would take half of its CPU
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @expect stall cause=cpu call=null ms=190..500 function=burn
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    if (setgid(65534) != 0 || setuid(65534) != 0)
        return SKIP;
    loop_turn(&loop, 4);
    on_event();
    loop_turn(&loop, 4);
    burn(200);
    loop_turn(&loop, 4);
    loop_end(&loop);
    puts("done");
    return 0;
}
