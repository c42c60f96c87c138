/*
 * Functions with hundreds of KiB in their frames, outside of the loop's (main, mostly) and in a
 * callback: that the loop's function has returned is seen all the same, and stacks are whole.
 *
 * @alone: it computes, and another program would take half of its CPU
 *
 * @run outside outside
 * @expect clean
 * @run inside inside
 * @expect stall cause=blocking-call call=usleep ms=200 function=main
 * @expect stall cause=cpu call=null ms=190..500 function=main
 */
#include "support.h"

static NOINLINE void serve(struct loop *loop)
{
    volatile int going = 9;
    while (going > 0) {
        loop_wait(loop);
        going--;
    }
}

static NOINLINE void clean_up(void)
{
    pause_ms(300);
    keep_frame++;
}

static NOINLINE void run_once(struct loop *loop)
{
    volatile char state[300 * 1024];
    memset((void *)state, 1, sizeof state);
    serve(loop);
    clean_up();
    keep_frame += state[1];
}

static NOINLINE void on_event(bool computes)
{
    volatile char buffer[700 * 1024];
    memset((void *)buffer, 1, sizeof buffer);
    if (computes)
        burn(200);
    else
        usleep(200000);
    keep_frame += buffer[1];
}

int main(int count, char **words)
{
    struct loop loop = loop_begin();
    if (count > 1 && strcmp(words[1], "outside") == 0) {
        run_once(&loop);
        puts("done");
        return 0;
    }
    for (int turn = 0; turn < 12; turn++) {
        loop_wait(&loop);
        if (turn == 4 || turn == 8)
            on_event(turn == 8);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
