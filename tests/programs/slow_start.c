/*
 * Work before the first wait is no stall.
 *
 * @expect clean
 */
#include "support.h"

int main(void)
{
    struct loop loop = loop_begin();
    pause_ms(150);
    burn(150);
    loop_turn(&loop, 10);
    loop_end(&loop);
    puts("done");
    return 0;
}
