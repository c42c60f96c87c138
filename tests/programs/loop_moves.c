/*
 * The loop is first waited for during set-up, from elsewhere: what is compared at a suspicion has
 * to be the stack of the wait that began the iteration. Then it is left, and main cleans up.
 *
 * @expect stall cause=blocking-call call=usleep ms=250 function=on_event
 */
#include "support.h"

static volatile int turns;

static NOINLINE void on_event(void)
{
    if (++turns == 12)
        usleep(250000);
    keep_frame++;
}

static NOINLINE void serve(const struct loop *loop, int until)
{
    while (turns < until) {
        loop_wait(loop);
        on_event();
    }
    keep_frame++;
}

static NOINLINE void set_up(const struct loop *loop)
{
    char deeper[3000];
    memset(deeper, turns, sizeof deeper);
    serve(loop, 3);
    keep_frame += deeper[17];
}

int main(void)
{
    struct loop loop = loop_begin();
    set_up(&loop);
    serve(&loop, 24);
    pause_ms(250);
    puts("done");
    return 0;
}
