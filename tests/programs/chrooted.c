/*
 * A daemon that shuts itself into an empty folder, where there is no /proc, no log, no library and
 * no helper: before its loop turns, as most do, with one thread or more, while it turns (and gives
 * up root then), or in a child that it forks for it; or one that shuts in a command, which it
 * starts by vfork(2). Whatever it does is told as of any other program. Needs root.
 *
 * @alone: it computes, and another program would take half of its CPU
 *
 * @env STALLWATCH_VERBOSE=1
 * @run before %d before
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @expect stall cause=cpu call=null ms=190..500 function=burn thread=chrooted
 * @text watching \S+chrooted, threshold
 * @text stalled for \S+ ms \(threshold 100 ms\) in chrooted at
 * @text burn\s+\S+support.h:\d+
 * @run later %d later
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @expect stall cause=cpu call=null ms=190..500 function=burn thread=chrooted
 * @run by_syscall %d syscall
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @expect stall cause=cpu call=null ms=190..500 function=burn thread=chrooted
 * @run beside_another %d beside
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @expect stall cause=cpu call=null ms=190..500 function=burn thread=chrooted
 * @run forked %d forked
 * @expect no-loop-in-parent
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event process=child
 * @expect stall cause=cpu call=null ms=190..500 function=burn thread=chrooted process=child
 * @run for_a_moment %d vfork
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @expect stall cause=cpu call=null ms=190..500 function=burn thread=chrooted
 */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support.h"

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static bool shut_in(const char *folder, bool by_syscall)
{
    if ((by_syscall ? syscall(SYS_chroot, folder) : chroot(folder)) != 0 || chdir("/") != 0)
        return false;
    REQUIRE(access("/proc", F_OK) != 0);
    return true;
}

/* Shares the memory, and no root. */
static bool shut_in_child(const char *folder)
{
    int status;
    pid_t child = vfork();
    if (child == 0)
        _exit(chroot(folder) != 0);
    return waitpid(child, &status, 0) == child && status == 0;
}

static void *rest(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

static int serve(const char *folder, const char *when)
{
    bool later = strcmp(when, "later") == 0, elsewhere = strcmp(when, "vfork") == 0;
    if (strcmp(when, "beside") == 0)
        thread_begin(rest, NULL);
    if (elsewhere && !shut_in_child(folder))
        return SKIP;
    if (!later && !elsewhere && !shut_in(folder, strcmp(when, "syscall") == 0))
        return SKIP;
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    if (later && !shut_in(folder, false))
        return SKIP;
    if (later)
        REQUIRE(setgid(65534) == 0 && setuid(65534) == 0);
    loop_turn(&loop, 4);
    on_event();
    loop_turn(&loop, 4);
    burn(200);
    loop_turn(&loop, 4);
    loop_end(&loop);
    return 0;
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    int status = 0;
    if (strcmp(words[2], "forked") != 0) {
        status = serve(words[1], words[2]);
    } else {
        pid_t child = fork();
        if (child == 0)
            _exit(serve(words[1], words[2]));
        REQUIRE(waitpid(child, &status, 0) == child);
        status = WEXITSTATUS(status);
    }
    puts("done");
    return status;
}
