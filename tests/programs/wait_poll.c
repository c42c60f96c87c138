/*
 * Loops on poll and ppoll over an eventfd and a pipe: three waits that share a descriptor make a
 * loop.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=poll
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=ppoll
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void run(int with_ppoll)
{
    int ends[2], wake = eventfd(0, EFD_NONBLOCK);
    REQUIRE(pipe(ends) == 0 && wake >= 0);
    struct pollfd watched[2] = {{.fd = ends[0], .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    struct timespec limit = span_ms(20);
    for (int turn = 0; turn < 14; turn++) {
        if (turn == 8)
            REQUIRE(write(ends[1], "x", 1) == 1);
        int count = with_ppoll ? ppoll(watched, 2, &limit, NULL) : poll(watched, 2, 20);
        REQUIRE(count >= 0);
        char byte;
        if (watched[0].revents & POLLIN) {
            REQUIRE(read(ends[0], &byte, 1) == 1);
            on_event();
        }
    }
    close(wake);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    run(0);
    run(1);
    puts("done");
    return 0;
}
