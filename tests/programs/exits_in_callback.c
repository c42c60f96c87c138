/*
 * An exit from inside a callback, 150 ms after its wait: a note, never counted, so the exit code
 * stays.
 *
 * @env STALLWATCH_EXITCODE=99
 * @expect stall state=exiting counted=false ms=150..240 function=on_event
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    pause_ms(150);
    printf("done");
    exit(0);
}

int main(void)
{
    struct loop loop = loop_begin();
    void (*volatile callback)(void) = on_event;
    for (int turn = 0;; turn++) {
        loop_turn(&loop, 1);
        if (turn == 10)
            callback();
    }
}
