/*
 * fork without exec, as pre-forking servers do: parent and child go on with a loop each. The child
 * stalls, and the report carries the child's number.
 *
 * @expect stall process=child cause=blocking-call call=usleep ms=250 function=on_event
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(250000);
    keep_frame++;
}

int main(void)
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        loop_end(&loop);
        loop_run(on_event);
        exit(4);
    }
    loop_turn(&loop, 40);
    loop_end(&loop);
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    printf("child exited with %d\n", WEXITSTATUS(status));
    return 0;
}
