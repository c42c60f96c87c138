/* See leaving.h. Called through notes/process.h's hooks, on the program's threads. */
#include "preload/watch/leaving.h"

#include <linux/futex.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/libc/loader.h"
#include "preload/libc/threads.h"
#include "preload/notes/clock.h"
#include "preload/notes/credentials.h"
#include "preload/notes/process.h"
#include "preload/notes/thread.h"
#include "preload/watch/early.h"
#include "preload/watch/rest.h"
#include "preload/watch/watchdog.h"

#define FINISH_STEP_NS   10000000
#define FINISH_WITHIN_NS INT64_C(5000000000)
#define LEAVE_WITHIN_MS  1000
#define START_WITHIN_MS  1000

/* A step that took much longer than it was to take counts as a short one: the process was stopped,
 * or this thread got no CPU, and then the watchdog got none either. */
static void await_farewell(void)
{
    struct timespec step = {0, FINISH_STEP_NS};
    int64_t left_ns = FINISH_WITHIN_NS;
    while (!atomic_load(&sw_process->farewell_done) && left_ns > 0) {
        uint64_t began = sw_clock_monotonic_ns();
        sw_rest_end();
        sw_kernel6(SYS_futex, (long)&sw_process->farewell_done, FUTEX_WAIT_PRIVATE, 0, (long)&step,
                   0, 0);
        uint64_t took = sw_clock_monotonic_ns() - began;
        left_ns -= (int64_t)(took < 2 * FINISH_STEP_NS ? took : 2 * FINISH_STEP_NS);
    }
}

void sw_watchdog_finish(void)
{
    if (sw_process == NULL || !sw_process_is_ours() ||
        atomic_load(&sw_process->watchdog_state) != SW_WATCHDOG_RUNNING)
        return;
    if (atomic_exchange(&sw_process->exiting, 1) == 0)
        atomic_store(&sw_process->exit_ticks, sw_clock_ticks());
    if (atomic_load(&sw_process->farewell_done) ||
        atomic_load(&sw_process->watchdog_tid) == sw_kernel_gettid())
        return;
    await_farewell();
}

/* Another thread may be starting it at this moment. */
static void await_started(void)
{
    struct timespec step = {0, 1000000};
    for (int i = 0; i < START_WITHIN_MS; i++) {
        if (atomic_load(&sw_process->watchdog_state) != SW_WATCHDOG_STARTING)
            return;
        sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
    }
}

static void shut_in(bool root)
{
    uint32_t state = SW_WATCHDOG_NONE;
    bool waits = false;
    if (sw_process != NULL) {
        await_started();
        state = atomic_load(&sw_process->watchdog_state);
        waits = sw_early_waits();
    }
    if (root && (state == SW_WATCHDOG_RUNNING || waits) && sw_process_is_ours())
        sw_credentials_keep_root();
    /* Nothing is to be started in a child of vfork(2), in its parent's memory. */
    if (state != SW_WATCHDOG_NONE || waits || !sw_threads_know_this())
        return;
    sw_early_start(SW_WATCHDOG_STACK_SIZE, root);
    sw_loader_forget_error();
    if (sw_process != NULL)
        await_started();
}

void sw_watchdog_shut_in(bool root)
{
    static _Atomic uint32_t busy;
    struct timespec step = {0, 1000000};
    /* Threads that do so at the same time (haproxy's) go on when the watchdog is there. */
    for (int i = 0; i < START_WITHIN_MS && atomic_exchange(&busy, 1) != 0; i++)
        sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
    shut_in(root);
    atomic_store(&busy, 0);
}

static void wait_for_end(int32_t tid)
{
    struct timespec step = {0, 1000000};
    for (int i = 0; i < LEAVE_WITHIN_MS && tid != 0; i++) {
        if (sw_kernel3(SYS_tgkill, sw_process->pid, tid, 0) != 0)
            return;
        sw_rest_end();
        sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
    }
}

void sw_watchdog_leave(void)
{
    if (atomic_load(&sw_process->watchdog_state) == SW_WATCHDOG_RUNNING) {
        atomic_store(&sw_process->letting_go, 1);
        sw_watchdog_finish();
        wait_for_end(atomic_load(&sw_process->watchdog_tid));
        atomic_store(&sw_process->watchdog_state, SW_WATCHDOG_CANNOT_RUN);
    }
    int32_t early = atomic_load(&sw_process->watchdog_tid);
    if (sw_early_end())
        wait_for_end(early);
    atomic_store(&sw_process->watchdog_tid, 0);
    atomic_store(&sw_process->watchdog_is_bare, 0);
    atomic_store(&sw_process->watchdog_asleep, 0);
    atomic_store(&sw_process->parks_matter, 0);
    sw_thread_end_iterations();
}
