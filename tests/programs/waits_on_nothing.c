/*
 * poll and select without descriptors are sleeps (CPython up to 3.10 sleeps so): blocking calls,
 * not nested waits.
 *
 * @expect stall cause=blocking-call call=poll ms=200 function=by_poll calls=1
 * @expect stall cause=blocking-call call=select ms=200 function=by_select calls=1
 */
#include <sys/select.h>

#include "support.h"

static NOINLINE void by_poll(void)
{
    REQUIRE(poll(NULL, 0, 200) == 0);
}

static NOINLINE void by_select(void)
{
    struct timeval limit = {0, 200000};
    REQUIRE(select(0, NULL, NULL, NULL, &limit) == 0);
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    by_poll();
    loop_turn(&loop, 3);
    by_select();
    loop_turn(&loop, 3);
    loop_end(&loop);
    puts("done");
    return 0;
}
