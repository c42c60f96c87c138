/*
 * A thread whose last but one turn stalls, and which has ended before anybody looks at it again:
 * the stall is told all the same, and with the thread's name, as in the summary.
 *
 * @expect stall cause=blocking-call call=clock_nanosleep ms=250 function=on_event
 * thread=short-lived main=false
 * @text loop:  thread \d+ "short-lived", epoll_wait
 * @text ==   thread \d+ "short-lived"  epoll_wait
 */
#include <sys/prctl.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    pause_ms(250);
    keep_frame++;
}

static void *serve(void *nothing UNUSED)
{
    prctl(PR_SET_NAME, "short-lived");
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 1); /* the timer is long due: this one does not wait */
    return NULL;
}

int main(void)
{
    REQUIRE(pthread_join(thread_begin(serve, NULL), NULL) == 0);
    puts("done");
    return 0;
}
