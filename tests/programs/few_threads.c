/*
 * A daemon that allows itself no more threads (RLIMIT_NPROC 0) before its loop turns, and is not
 * root, whom that limit does not bind: when it has one thread, has had another, or has one more,
 * which may do so at the same time; by setrlimit, by prlimit, as haproxy does it, shut into an
 * empty folder before, or after. It is watched as any other program, and ends when its last thread
 * does. Needs root, to be somebody else.
 *
 * @run one %d one
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run prlimit %d prlimit
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run had_another %d had
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run more %d more
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run both_at_once %d both
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run last_thread %d last
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run haproxy %d haproxy
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 * @run folder_after %d folder
 * @expect stall cause=blocking-call call=usleep ms=200 function=on_event
 */
#include <sys/resource.h>

#include "support.h"

#define NOBODY 65534

static NOINLINE void on_event(void)
{
    usleep(200000);
    keep_frame++;
}

static void *do_nothing(void *nothing)
{
    return nothing;
}

static void *end_soon(void *nothing)
{
    pause_ms(1000);
    return nothing;
}

static void *rest(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

static void allow_none(bool by_prlimit)
{
    struct rlimit none = {0, 0};
    REQUIRE(by_prlimit ? prlimit(0, RLIMIT_NPROC, &none, NULL) == 0
                       : setrlimit(RLIMIT_NPROC, &none) == 0);
}

static pthread_barrier_t together;

static void *allow_none_together(void *nothing)
{
    pthread_barrier_wait(&together);
    allow_none(false);
    return nothing;
}

static void require_none(void)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, do_nothing, NULL) == EAGAIN);
}

int main(int count, char **words)
{
    REQUIRE(count == 3);
    bool haproxy = strcmp(words[2], "haproxy") == 0, folder = strcmp(words[2], "folder") == 0;
    if (strcmp(words[2], "had") == 0 || haproxy)
        pthread_join(thread_begin(do_nothing, NULL), NULL);
    REQUIRE(chmod(words[1], 0777) == 0);
    if (folder)
        allow_none(false);
    if (geteuid() != 0 || ((haproxy || folder) && chroot(words[1]) != 0) || setgid(NOBODY) != 0 ||
        setuid(NOBODY) != 0)
        return SKIP;
    if (strcmp(words[2], "more") == 0 || haproxy)
        thread_begin(rest, NULL);
    if (strcmp(words[2], "both") == 0) {
        pthread_barrier_init(&together, NULL, 2);
        thread_begin(allow_none_together, NULL);
        pthread_barrier_wait(&together);
    }
    bool last = strcmp(words[2], "last") == 0;
    if (last)
        thread_begin(end_soon, NULL);
    allow_none(strcmp(words[2], "prlimit") == 0);
    require_none();
    loop_run(on_event);
    puts("done");
    if (last)
        pthread_exit(NULL);
    return 0;
}
