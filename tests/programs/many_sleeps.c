/*
 * Forty callbacks of 10 ms each, handled in one iteration by four functions in turn.
 *
 * @expect stall cause=blocking-call call=usleep calls=40 ms=400..700 function=on_event
 */
#include "support.h"

#define HANDLER(name)                                                                              \
    static NOINLINE void name(void)                                                                \
    {                                                                                              \
        usleep(10000);                                                                             \
        keep_frame++;                                                                              \
    }
HANDLER(handle_first)
HANDLER(handle_second)
HANDLER(handle_third)
HANDLER(handle_fourth)

static NOINLINE void on_event(void)
{
    for (int i = 0; i < 10; i++) {
        handle_first();
        handle_second();
        handle_third();
        handle_fourth();
    }
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
