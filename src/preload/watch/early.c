/* See early.h. */
#include "preload/watch/early.h"

#include <limits.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/interpose/thread_ends.h"
#include "preload/libc/bare_thread.h"
#include "preload/libc/threads.h"
#include "preload/notes/credentials.h"
#include "preload/notes/process.h"
#include "preload/notes/thread.h"
#include "preload/watch/rest.h"
#include "preload/watch/unwinder.h"

#define READY_STEP_NS 10000000
#define READY_STEPS   100

enum { NONE, STARTING, WAITING, TO_WATCH, TO_END };

static void *(*to_run)(void *);
static bool wants_own_root;

static bool move(uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong(&sw_process->early, &from, to);
}

/* Another thread may be making it at this moment. */
static void await_ready(void)
{
    struct timespec step = {0, READY_STEP_NS};
    for (int i = 0; i < READY_STEPS && atomic_load(&sw_process->early) == STARTING; i++)
        sw_kernel6(SYS_futex, (long)&sw_process->early, FUTEX_WAIT_PRIVATE, STARTING, (long)&step,
                   0, 0);
}

static void say_ready(uint32_t now)
{
    move(STARTING, now);
    sw_kernel6(SYS_futex, (long)&sw_process->early, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

static void *wait_for_loop(void *unused)
{
    sw_kernel3(SYS_prctl, PR_SET_NAME, (long)"stallwatch", 0);
    atomic_store(&sw_process->watchdog_tid, sw_kernel_gettid());
    bool good = !wants_own_root || sw_kernel3(SYS_unshare, CLONE_FS, 0, 0) == 0;
    say_ready(good ? WAITING : TO_END);
    while (good && atomic_load(&sw_process->early) == WAITING) {
        uint32_t wakes = atomic_load(&sw_process->watchdog_wakes);
        good = sw_credentials_follow();
        if (good && !sw_credentials_are_asked() && atomic_load(&sw_process->early) == WAITING)
            sw_kernel6(SYS_futex, (long)&sw_process->watchdog_wakes, FUTEX_WAIT_PRIVATE,
                       (long)wakes, 0, 0, 0);
    }
    if (good && atomic_load(&sw_process->early) == TO_WATCH)
        to_run(unused);
    bool bare = atomic_exchange(&sw_process->watchdog_is_bare, 0) != 0;
    atomic_store(&sw_process->watchdog_tid, 0);
    atomic_store(&sw_process->early, NONE);
    if (bare)
        sw_kernel3(SYS_exit, 0, 0, 0);
    return NULL;
}

/* The kernel's count, since libc's impression stays what it is after the first thread has ended;
 * where there is no /proc, that. */
static bool is_alone(void)
{
    unsigned count;
    char state;
    return sw_threads_count(&count, &state) ? count == 1 : sw_bare_thread_is_only();
}

static bool start_bare(size_t stack_size)
{
    if (!sw_bare_thread_is_possible())
        return false;
    atomic_store(&sw_process->watchdog_is_bare, 1);
    if (sw_unwinder_load_early() &&
        sw_bare_thread_start(wait_for_loop, stack_size, &sw_thread_self) == 0)
        return true;
    atomic_store(&sw_process->watchdog_is_bare, 0);
    return false;
}

void sw_early_start(size_t stack_size, bool own_root)
{
    if (!sw_process_start() || !sw_process_is_ours() || sw_process_in_valgrind ||
        !move(NONE, STARTING))
        return;
    /* The thread of the first loop looks in the other order (sw_watchdog_start). */
    if (atomic_load(&sw_process->watchdog_state) != SW_WATCHDOG_NONE) {
        say_ready(NONE);
        return;
    }
    wants_own_root = own_root;
    sw_unwinder_start();
    sw_credentials_start();
    bool bare = is_alone() && start_bare(stack_size);
    if (!bare && sw_threads_start(wait_for_loop, stack_size) != 0) {
        say_ready(NONE);
        return;
    }
    await_ready();
    if (!bare)
        sw_thread_ends_watched();
}

bool sw_early_waits(void)
{
    await_ready();
    return atomic_load(&sw_process->early) == WAITING;
}

static bool tell(uint32_t what)
{
    bool waited = move(WAITING, what);
    if (waited)
        sw_rest_end();
    return waited;
}

bool sw_early_watch(void *(*run)(void *))
{
    to_run = run;
    return tell(TO_WATCH);
}

bool sw_early_end(void)
{
    return tell(TO_END);
}
