/*
 * Work after the loop's descriptor has been closed is no stall.
 *
 * @expect clean
 */
#include "support.h"

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 10);
    loop_end(&loop);
    pause_ms(150);
    burn(150);
    puts("done");
    return 0;
}
