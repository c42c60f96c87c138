/*
 * The same where the program is not position-independent: a weak reference would be 0 there.
 *
 * @needs: -fno-pie -no-pie -Wl,--gc-sections
 * @env EXPECT_ACTIVE=1
 * @expect stall cause=blocking-call call=usleep ms=201 function=work wait=stallwatch_loop_wait
 *     label="GET /slow*" calls=2
 */
#include "annotated.h"

int main(void)
{
    return run();
}
