/*
 * The whole process is stopped for 400 ms in the middle of a callback: nobody's fault, a note.
 *
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=stopped counted=false ms=400..700 times=1
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        pause_ms(30);
        kill(parent, SIGSTOP);
        pause_ms(400);
        kill(parent, SIGCONT);
        _exit(0);
    }
    burn(45);
    REQUIRE(waitpid(child, NULL, 0) == child);
}

int main(void)
{
    loop_run(on_event);
    puts("done");
    return 0;
}
