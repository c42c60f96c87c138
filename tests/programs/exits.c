/*
 * A program that stalls once (unless told "quiet") and then ends in the way that its argument
 * names, with text still in stdout's buffer. tests/run/test_exit.py runs it with
 * STALLWATCH_EXITCODE.
 *
 * @expect stall cause=blocking-call call=usleep ms=150 function=on_event
 */
#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(150000);
    keep_frame++;
}

static void be_quiet(void)
{
}

static void at_end(void)
{
    printf("handler ");
}

static void *end_from_thread(void *nothing)
{
    (void)nothing;
    exit(0);
}

/* A child that does not stall ends with its own code; ours is what its parent has. */
static void fork_quiet_child(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    printf("child %d ", WEXITSTATUS(status));
}

static void fork_quiet_looping_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        loop_run(be_quiet);
        exit(0);
    }
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    printf("child %d ", WEXITSTATUS(status));
}

int main(int count, char **arguments)
{
    const char *way = count > 1 ? arguments[1] : "return";
    if (strcmp(way, "fork-loop") == 0)
        fork_quiet_looping_child();
    loop_run(count > 2 ? be_quiet : on_event);
    if (strcmp(way, "fork") == 0)
        fork_quiet_child();
    printf("buffered ");
    atexit(at_end);
    if (strcmp(way, "exit") == 0)
        exit(0);
    if (strcmp(way, "exit256") == 0)
        exit(256);
    if (strcmp(way, "exit3") == 0)
        exit(3);
    if (strcmp(way, "_exit") == 0) {
        fflush(stdout);
        _exit(0);
    }
    if (strcmp(way, "_exit3") == 0)
        _exit(3);
    if (strcmp(way, "_Exit") == 0)
        _Exit(0);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(0);
    if (strcmp(way, "pthread_exit") == 0)
        pthread_exit(NULL);
    if (strcmp(way, "thread") == 0) {
        thread_begin(end_from_thread, NULL);
        pause();
    }
    if (strcmp(way, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(way, "abort") == 0)
        raise(SIGTERM);
    return strcmp(way, "return256") == 0 ? 256 : 0;
}
