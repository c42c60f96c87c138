/*
 * The last iteration ends with the loop's closing, 150 ms after its wait: a note, never counted.
 *
 * @expect stall state=exiting counted=false ms=150..240
 */
#include "support.h"

int main(void)
{
    struct loop loop = loop_begin();
    /* Whoever leaves the loop first and closes it later cleans up, which is no stall. */
    volatile int going = 1;
    for (int turn = 0; going; turn++) {
        loop_turn(&loop, 1);
        if (turn == 10) {
            pause_ms(150);
            loop_end(&loop);
            going = 0;
        }
    }
    puts("done");
    return 0;
}
