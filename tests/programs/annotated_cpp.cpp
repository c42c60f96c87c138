/*
 * The same in C++.
 *
 * @needs: -std=c++17
 * @env EXPECT_ACTIVE=1
 * @expect stall cause=blocking-call call=usleep ms=201 function=work() wait=stallwatch_loop_wait
 *     label="GET /slow*" calls=2
 */
#include "annotated.h"

int main()
{
    return run();
}
