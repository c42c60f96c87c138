/*
 * A callback that computes. It makes no call, so there is none to name.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=300..700 function=burn wait=epoll_wait
 * @text cause: (cpu: computed|mixed: computed|starved: waited)
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    burn(300);
    keep_frame++;
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
