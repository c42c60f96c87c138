/*
 * The last iteration ends with the loop's closing, 150 ms after its wait: a note, never counted.
 *
 * @expect stall state=exiting counted=false ms=150..240
 */
#include "support.h"

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 10);
    pause_ms(150);
    loop_end(&loop);
    puts("done");
    return 0;
}
