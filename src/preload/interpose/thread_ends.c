/*
 * pthread_exit(3) of the main thread: from then on a process ends with its last thread, which calls
 * exit(0). libc would count the watchdog too, and the process would never end; so a thread takes on
 * to exit it when none but ours are left, unless libc does not know of the watchdog. It has to be
 * one started here: the watchdog has a descriptor table of its own, in which the program's exit
 * handlers would write to nothing. Where the main thread is gone before there is a watchdog, that
 * one's start sees to it.
 */
#include "preload/interpose/thread_ends.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/interpose/next.h"
#include "preload/libc/threads.h"
#include "preload/notes/process.h"

#define STACK_SIZE (1024 * 1024) /* exit handlers run on it */
#define STEP_NS    50000000

SW_NEXT_DEFINE(pthread_exit);

/* Is nobody there but the main thread's remains, the watchdog (unless it has let go of the process)
 * and this thread? */
static bool is_program_over(void)
{
    unsigned count;
    char state;
    return sw_threads_count(&count, &state) &&
           count == (atomic_load(&sw_process->watchdog_tid) != 0 ? 3 : 2);
}

static void *end_process(void *unused)
{
    (void)unused;
    struct timespec step = {0, STEP_NS};
    while (!is_program_over())
        sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
    exit(0);
}

static void begin_end(void)
{
    if (atomic_exchange(&sw_process->end_awaited, 1) == 0 &&
        sw_threads_start(end_process, STACK_SIZE) != 0)
        sw_process_let_go(); /* there may be no more threads (RLIMIT_NPROC): then one less */
}

void sw_thread_ends_watched(void)
{
    unsigned count;
    char state;
    if (sw_threads_count(&count, &state) && state == 'Z')
        begin_end();
}

SW_EXPORT __attribute__((noreturn)) void pthread_exit(void *value)
{
    if (sw_process != NULL && atomic_load(&sw_process->watchdog_tid) != 0 &&
        !atomic_load(&sw_process->watchdog_is_bare) && sw_process->pid == sw_kernel_gettid())
        begin_end();
    SW_NEXT(pthread_exit)(value);
    __builtin_unreachable();
}
