/*
 * Loops on select and pselect over an eventfd and a pipe.
 *
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=select
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event wait=pselect
 */
#include <sys/select.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static NOINLINE void run(int with_pselect)
{
    int ends[2], wake = eventfd(0, EFD_NONBLOCK);
    REQUIRE(pipe(ends) == 0 && wake >= 0);
    for (int turn = 0; turn < 14; turn++) {
        if (turn == 8)
            REQUIRE(write(ends[1], "x", 1) == 1);
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(ends[0], &readable);
        FD_SET(wake, &readable);
        int most = (wake > ends[0] ? wake : ends[0]) + 1;
        struct timespec limit = span_ms(20);
        struct timeval old_limit = {0, 20000};
        int count = with_pselect ? pselect(most, &readable, NULL, NULL, &limit, NULL)
                                 : select(most, &readable, NULL, NULL, &old_limit);
        REQUIRE(count >= 0);
        char byte;
        if (FD_ISSET(ends[0], &readable)) {
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
