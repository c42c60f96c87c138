/*
 * Mutexes of every kind, each held by another thread for a while, and one that another process
 * holds: the owner is named all the same.
 *
 * @expect stall cause=lock call=pthread_mutex_lock ms=130..900 function=by_recursive
 *     holder=mutex:worker
 * @expect stall cause=lock call=pthread_mutex_lock ms=130..900 function=by_errorcheck
 *     holder=mutex:worker
 * @expect stall cause=lock call=pthread_mutex_lock ms=130..900 function=by_adaptive
 *     holder=mutex:worker
 * @expect stall cause=lock call=pthread_mutex_lock ms=130..900 function=by_robust
 *     holder=mutex:worker
 * @expect stall cause=lock call=pthread_mutex_lock ms=130..900 function=by_inheriting
 *     holder=mutex:worker
 * @expect stall cause=lock call=pthread_mutex_lock ms=130..900 function=by_shared
 *     holder=mutex:a_child
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include "support.h"

#define WHILE_MS 130

static pthread_mutex_t *mutex; /* in shared memory */
static int told[2];

static void hold(void)
{
    pthread_mutex_lock(mutex);
    REQUIRE(write(told[1], "x", 1) == 1);
    pause_ms(WHILE_MS);
    pthread_mutex_unlock(mutex);
}

static void *hold_in_thread(void *nothing)
{
    prctl(PR_SET_NAME, "worker");
    hold();
    return nothing;
}

static void wait_until_held(void)
{
    char byte;
    REQUIRE(read(told[0], &byte, 1) == 1);
}

#define BY(kind)                                                                                   \
    static NOINLINE void by_##kind(void)                                                           \
    {                                                                                              \
        REQUIRE(pthread_mutex_lock(mutex) == 0);                                                   \
        pthread_mutex_unlock(mutex);                                                               \
        keep_frame++;                                                                              \
    }
BY(recursive)
BY(errorcheck)
BY(adaptive)
BY(robust)
BY(inheriting)
BY(shared)

static const struct {
    void (*lock)(void);
    int type, robust, protocol, shared;
} kinds[] = {
    {by_recursive, PTHREAD_MUTEX_RECURSIVE, 0, 0, 0},
    {by_errorcheck, PTHREAD_MUTEX_ERRORCHECK, 0, 0, 0},
    {by_adaptive, PTHREAD_MUTEX_ADAPTIVE_NP, 0, 0, 0},
    {by_robust, 0, PTHREAD_MUTEX_ROBUST, 0, 0},
    {by_inheriting, 0, 0, PTHREAD_PRIO_INHERIT, 0},
    {by_shared, 0, 0, 0, PTHREAD_PROCESS_SHARED},
};

static void make_mutex(unsigned i)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kinds[i].type);
    pthread_mutexattr_setrobust(&attributes, kinds[i].robust);
    pthread_mutexattr_setprotocol(&attributes, kinds[i].protocol);
    pthread_mutexattr_setpshared(&attributes, kinds[i].shared);
    REQUIRE(pthread_mutex_init(mutex, &attributes) == 0);
}

static pid_t hold_in_child(void)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_NAME, "a_child");
    hold();
    _exit(0);
}

int main(void)
{
    REQUIRE(pipe(told) == 0);
    mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(mutex != MAP_FAILED);
    struct loop loop = loop_begin();
    loop_turn(&loop, 4);
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        pthread_t thread = 0;
        make_mutex(i);
        pid_t child = kinds[i].shared ? hold_in_child() : 0;
        if (child == 0)
            thread = thread_begin(hold_in_thread, NULL);
        wait_until_held();
        kinds[i].lock();
        loop_turn(&loop, 2);
        if (child != 0)
            REQUIRE(waitpid(child, NULL, 0) == child);
        else
            pthread_join(thread, NULL);
    }
    loop_end(&loop);
    puts("done");
    return 0;
}
