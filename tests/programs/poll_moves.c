/*
 * A poll loop that is first turned from deep in a start-up function, and then from main: the place
 * it waits from has moved, and is still its own.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=poll
 */
#include "support.h"

static struct pollfd watched[2];

static NOINLINE void turn(void)
{
    REQUIRE(poll(watched, 2, 20) >= 0);
    keep_frame++;
}

/* Some hundred bytes of stack a level. */
static NOINLINE void start_up(int levels)
{
    volatile char room[400];
    room[0] = (char)levels;
    if (levels > 0)
        start_up(levels - 1);
    else
        for (int i = 0; i < 5; i++)
            turn();
    keep_frame += (unsigned)room[0];
}

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void serve(void)
{
    for (int i = 0; i < 10; i++) {
        turn();
        if (i == 5)
            on_event();
    }
    keep_frame++;
}

int main(void)
{
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    watched[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    watched[1] = (struct pollfd){.fd = eventfd(0, EFD_NONBLOCK), .events = POLLIN};
    start_up(8);
    serve();
    puts("done");
    return 0;
}
