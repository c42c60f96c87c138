/*
 * Loops closed by a raw system call, as libuv does it: what comes after is no stall of theirs, and
 * the next one, on a descriptor of the same number, is another.
 *
 * @run close close
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event iteration=5
 * @run range range
 * @expect stall cause=blocking-call call=clock_nanosleep ms=200 function=on_event iteration=5
 */
#include <sys/syscall.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    pause_ms(200);
    keep_frame++;
}

static void clean_up(void)
{
    pause_ms(150);
    keep_frame++;
}

int main(int count, char **words)
{
    REQUIRE(count == 2);
    for (int round = 0; round < 2; round++) {
        struct loop loop = loop_begin();
        loop_turn(&loop, 5);
        if (round == 1)
            on_event();
        loop_turn(&loop, 5);
        if (strcmp(words[1], "close") == 0) {
            REQUIRE(syscall(SYS_close, loop.timer) == 0 && syscall(SYS_close, loop.epoll) == 0);
        } else if (syscall(SYS_close_range, 3, 20, 0) != 0) {
            return SKIP;
        }
        clean_up();
    }
    puts("done");
    return 0;
}
