/*
 * A loop that never waits: in each turn it asks one pipe whether something has come, and rests by
 * itself. That is the program's own loop, and stalls as any other.
 *
 * @expect stall cause=blocking-call call=usleep detail='200 ms' ms=200 function=on_event wait=poll
 */
#include <poll.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

int main(void)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    for (int turn = 0; turn < 60; turn++) {
        struct pollfd asked = {ends[0], POLLIN, 0};
        char byte = 0;
        if (poll(&asked, 1, 0) == 1) {
            REQUIRE(read(ends[0], &byte, 1) == 1);
            on_event();
        }
        if (turn == 40)
            REQUIRE(write(ends[1], &byte, 1) == 1);
        usleep(2000);
    }
    puts("done");
    return 0;
}
