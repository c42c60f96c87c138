/*
 * Other processes that a callback waits for: waitpid, system, pclose.
 *
 * @expect stall cause=blocking-call call=waitpid ms=200..300 function=by_waitpid detail="pid *"
 * @expect stall cause=blocking-call call=system ms=200..320 function=by_system
 * @expect stall cause=blocking-call call=pclose ms=200..320 function=by_pclose
 */
#include "support.h"

static NOINLINE void by_waitpid(void)
{
    pid_t child = fork();
    if (child == 0) {
        pause_ms(200);
        _exit(7);
    }
    int status;
    REQUIRE(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
}

static NOINLINE void by_system(void)
{
    REQUIRE(system("sleep 0.2; exit 3") == 3 << 8);
}

static NOINLINE void by_pclose(void)
{
    FILE *stream = popen("sleep 0.2; exit 4", "w");
    REQUIRE(stream && pclose(stream) == 4 << 8);
}

int main(void)
{
    void (*const ways[])(void) = {by_waitpid, by_system, by_pclose};
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i]();
        loop_turn(&loop, 2);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
