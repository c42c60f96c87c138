/*
 * The same stall three times: one report in full, two in one line.
 *
 * @expect stall cause=blocking-call call=usleep ms=150 function=on_event times=3
 * @expect one-signature
 * @text seen 1 time \(signature
 * @text seen 2 times
 * @text seen 3 times
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(150000);
    keep_frame++;
}

int main(void)
{
    struct loop loop = loop_begin();
    for (int i = 0; i < 3; i++) {
        loop_turn(&loop, 4);
        on_event();
    }
    loop_turn(&loop, 4);
    loop_end(&loop);
    puts("done");
    return 0;
}
