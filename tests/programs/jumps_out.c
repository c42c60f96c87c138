/*
 * A signal handler that jumps out of a blocked read: what comes later is not blamed on that read.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=* ms=150..240
 * @expect stall cause=cpu call=null ms=200..600 function=burn
 */
#include <setjmp.h>
#include <sys/time.h>

#include "support.h"

static sigjmp_buf back;

static void on_alarm(int number)
{
    siglongjmp(back, number);
}

static NOINLINE void read_forever(int fd)
{
    char byte;
    if (sigsetjmp(back, 1) == 0)
        (void)!read(fd, &byte, 1);
    keep_frame++;
}

static NOINLINE void on_event(void)
{
    burn(200);
    keep_frame++;
}

int main(void)
{
    int ends[2];
    struct itimerval once = {{0, 0}, {0, 150000}};
    REQUIRE(pipe(ends) == 0 && signal(SIGALRM, on_alarm) != SIG_ERR);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    setitimer(ITIMER_REAL, &once, NULL);
    read_forever(ends[0]);
    loop_turn(&loop, 4);
    on_event();
    loop_turn(&loop, 4);
    loop_end(&loop);
    puts("done");
    return 0;
}
