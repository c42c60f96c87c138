/*
 * A signal handler that jumps out of a sleep, in the very function that waits: the loop is not
 * blind from then on, and the sleep, which asked for five seconds, is not said to last.
 *
 * @env STALLWATCH_ONGOING_MS=300
 * @expect stall times=6 cause=* call=* ms=110..250 counted=any function=main
 */
#include <setjmp.h>
#include <sys/time.h>

#include "support.h"

static sigjmp_buf back;

static void on_alarm(int number)
{
    siglongjmp(back, number);
}

int main(void)
{
    struct itimerval once = {{0, 0}, {0, 120000}};
    struct timespec long_time = span_ms(5000);
    volatile int jumps = 0;
    REQUIRE(signal(SIGALRM, on_alarm) != SIG_ERR);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (volatile int i = 0; i < 6; i++) {
        if (sigsetjmp(back, 1) == 0) {
            setitimer(ITIMER_REAL, &once, NULL);
            nanosleep(&long_time, NULL);
        } else {
            jumps = jumps + 1;
        }
        loop_wait(&loop);
    }
    loop_turn(&loop, 4);
    loop_end(&loop);
    printf("%d jumps\n", jumps);
    return 0;
}
