/*
 * A loop that says its waits itself, a stretch that may block, and labels.
 *
 * @env STALLWATCH_VERBOSE=1
 * @env EXPECT_ACTIVE=1
 * @expect stall cause=blocking-call call=usleep ms=201 function=work wait=stallwatch_loop_wait
 *     label="GET /slow*" calls=2
 * @text the program says that it may block: reads its settings anew
 * @text label: GET /slow
 */
#include "annotated.h"

int main(void)
{
    return run();
}
