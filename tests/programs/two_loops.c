/*
 * Two threads with a loop each; one stalls, and its own thread is named.
 *
 * @expect stall cause=blocking-call call=usleep ms=250 function=on_event thread=storage main=false
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(250000);
    keep_frame++;
}

static void *run(void *nothing)
{
    pthread_setname_np(pthread_self(), "storage");
    loop_run(on_event);
    return nothing;
}

int main(void)
{
    struct loop loop = loop_begin();
    pthread_t storage = thread_begin(run, NULL);
    loop_turn(&loop, 30);
    loop_end(&loop);
    pthread_join(storage, NULL);
    puts("done");
    return 0;
}
