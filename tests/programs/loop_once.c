/*
 * A loop that is taken turn by turn: run_once waits and handles, main calls it again and again. A
 * stall in the handler, and one in what main does between the turns.
 *
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event
 * @expect stall cause=blocking-call call=usleep ms=250 function=on_idle
 */
#include "support.h"

static int turn;

static NOINLINE void on_event(void)
{
    if (turn == 8)
        pause_ms(200);
    keep_frame++;
}

static NOINLINE void on_idle(void)
{
    if (turn == 14)
        usleep(250000);
    keep_frame++;
}

static NOINLINE void run_once(const struct loop *loop)
{
    loop_wait(loop);
    on_event();
    keep_frame++;
}

int main(void)
{
    struct loop loop = loop_begin();
    for (turn = 0; turn < 20; turn++) {
        run_once(&loop);
        on_idle();
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
