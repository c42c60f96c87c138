/*
 * A program that sets every real-time signal back to its default action behind libc's back, as
 * sigset(3) does too: the next sample would end it.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @env STALLWATCH_THRESHOLD_MS=50
 * @expect stall times=3 cause=* call=* ms=78..300 counted=any
 */
#include <sys/syscall.h>

#include "support.h"

/* struct kernel_sigaction: handler, flags, restorer, mask. */
static void reset_all(void)
{
    unsigned long action[4] = {0, 0, 0, 0};
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        REQUIRE(syscall(SYS_rt_sigaction, number, action, NULL, 8) == 0);
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            reset_all();
        burn(80);
        loop_turn(&loop, 3);
    }
    loop_end(&loop);
    puts("alive");
    return 0;
}
