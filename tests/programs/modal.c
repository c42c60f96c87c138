/*
 * A callback that runs the same loop from deeper in the stack (a modal dialog): the loop turns, so
 * nothing stalls.
 *
 * @expect clean
 */
#include "support.h"

static struct loop loop;

static NOINLINE void run_dialog(void)
{
    loop_turn(&loop, 20);
    keep_frame++;
}

int main(void)
{
    loop = loop_begin();
    loop_turn(&loop, 5);
    run_dialog();
    loop_turn(&loop, 5);
    loop_end(&loop);
    puts("done");
    return 0;
}
