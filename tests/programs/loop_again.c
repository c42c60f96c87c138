/*
 * A loop is given up, and 300 ms later another begun whose descriptor has the same number
 * (asyncio.run twice).
 *
 * @expect clean
 */
#include "support.h"

int main(void)
{
    struct loop first = loop_begin();
    loop_turn(&first, 6);
    loop_end(&first);
    pause_ms(300);
    struct loop second = loop_begin();
    REQUIRE(second.epoll == first.epoll);
    loop_turn(&second, 6);
    loop_end(&second);
    puts("done");
    return 0;
}
