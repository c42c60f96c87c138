/* See rest.h. */
#include "preload/watch/rest.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/credentials.h"
#include "preload/notes/process.h"
#include "preload/notes/thread.h"
#include "preload/notes/wait_target.h"
#include "preload/watch/kept/watches.h"
#include "preload/watch/sampler/sampler.h"
#include "preload/watch/tell/pending.h"
#include "preload/watch/tell/publish.h"

/* Between two looks at whether a loop went on, while an answer of the helper's is waited for. */
#define STEP_NS UINT64_C(2000000)
/* Between two passes, where no fence can be had: a loop that goes on is then seen by looking. */
#define UNFENCED_NS UINT64_C(25000000)

static bool listening;

void sw_rest_listen(void)
{
    listening = true;
}

static struct timespec span_until(uint64_t due)
{
    uint64_t now = sw_clock_ticks();
    uint64_t ns = due > now ? sw_clock_ticks_to_ns(due - now) : 0;
    return (struct timespec){(time_t)(ns / UINT64_C(1000000000)),
                             (long)(ns % UINT64_C(1000000000))};
}

/* Of the loop in whose wait the thread is: when that is over by itself. */
static uint64_t wait_ends(const struct sw_thread *thread, const struct sw_loop *loop)
{
    if (loop != __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE) || loop->wait_timeout_ns < 0)
        return UINT64_MAX;
    return thread->note.entered + sw_clock_ns_to_ticks((uint64_t)loop->wait_timeout_ns);
}

/* Asks each loop on epoll to say when it goes on, unless its wait is over by itself, and the
 * watchdog looks, at `due`, when it has been for a while. (Those of other kinds look for a sleeping
 * watchdog at each return of their waits.) */
static void await_loops(uint64_t due)
{
    uint64_t quarter = sw_clock_ns_to_ticks(sw_process_settings.threshold_ns / 4);
    unsigned threads = sw_thread_count();
    for (unsigned i = 0; i < threads && i < SW_MOST_WATCHES; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread->tid == 0)
            continue;
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++) {
            struct sw_loop *loop = &thread->loops[j];
            uint32_t state = atomic_load(&loop->state);
            if (loop->kind != SW_WAIT_EPOLL ||
                (state != SW_LOOP_OWNED && state != SW_LOOP_CANDIDATE))
                continue;
            uint64_t ends = wait_ends(thread, loop);
            bool looked_at = ends < UINT64_MAX - quarter && due <= ends + quarter;
            atomic_store(&loop->awaited_until, looked_at ? ends : UINT64_MAX);
            atomic_store(&loop->awaited, 1);
        }
    }
}

/* Did a loop go on since the pass? Asked after `watchdog_asleep` is set, so that whoever moves
 * later wakes us. */
static bool something_moved(void)
{
    unsigned threads = sw_thread_count();
    for (unsigned i = 0; i < threads && i < SW_MOST_WATCHES; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread->tid == 0)
            continue;
        struct sw_loop *loop = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
        const struct sw_watch *watch = sw_watches_known(i, thread);
        if (watch == NULL)
            return true;
        uint32_t state = loop != NULL ? atomic_load(&loop->state) : SW_LOOP_FREE;
        bool same = loop == watch->idle_loop;
        if ((state == SW_LOOP_OWNED || (same && state == SW_LOOP_CANDIDATE)) &&
            !(same && atomic_load(&loop->iteration) == watch->idle_iteration))
            return true;
    }
    return false;
}

static bool was_woken(uint32_t wakes)
{
    return atomic_load(&sw_process->watchdog_wakes) != wakes;
}

/* The helper's answers come by a descriptor, and a loop by a futex: in small steps. `due` comes
 * nearer if what has been told by that is to be published. True: there is nothing left to wait for
 * but `due` and the loops. */
static bool take_answers(uint64_t *due, uint32_t wakes)
{
    struct pollfd wanted;
    uint64_t until;
    while (sw_pending_waits(&wanted, &until)) {
        uint64_t step = sw_clock_ticks() + sw_clock_ns_to_ticks(STEP_NS);
        step = step < *due ? step : *due;
        struct timespec span = span_until(step < until ? step : until);
        sw_kernel6(SYS_ppoll, (long)&wanted, 1, (long)&span, 0, 0, 0);
        sw_pending_tend();
        uint64_t publish_due = sw_publish_tend();
        if (publish_due < *due)
            *due = publish_due;
        if (was_woken(wakes) || sw_clock_ticks() >= *due)
            return false;
    }
    return true;
}

/* True: `due` has come. A wake that came before is in `wakes` and not lost (futex(2)). */
static bool sleep_until(uint64_t due, uint32_t wakes)
{
    struct timespec span = span_until(due);
    if (due != UINT64_MAX && span.tv_sec == 0 && span.tv_nsec == 0)
        return true;
    return sw_kernel6(SYS_futex, (long)&sw_process->watchdog_wakes, FUTEX_WAIT_PRIVATE, (long)wakes,
                      due == UINT64_MAX ? 0 : (long)&span, 0, 0) == -ETIMEDOUT;
}

bool sw_rest_until(uint64_t due, bool idle)
{
    uint32_t wakes = atomic_load(&sw_process->watchdog_wakes);
    if (atomic_load(&sw_process->exiting) || sw_credentials_are_asked())
        return false;
    if (idle) {
        await_loops(due);
        atomic_store(&sw_process->watchdog_asleep, 1);
        /* Either a loop's thread sees the flags, or its new iteration is seen here: the fence is
         * all on this side. */
        if (!sw_sampler_fence()) {
            uint64_t cap = sw_clock_ticks() + sw_clock_ns_to_ticks(UNFENCED_NS);
            due = due < cap ? due : cap;
        }
        if (something_moved()) {
            atomic_store(&sw_process->watchdog_asleep, 0);
            return false;
        }
    } else if (listening) {
        atomic_store(&sw_process->watchdog_asleep, 1);
    }
    listening = false;
    bool slept = take_answers(&due, wakes) ? sleep_until(due, wakes)
                                           : !was_woken(wakes); /* then `due` has come */
    atomic_store(&sw_process->watchdog_asleep, 0);
    return slept;
}

void sw_rest_end(void)
{
    atomic_fetch_add(&sw_process->watchdog_wakes, 1);
    sw_kernel6(SYS_futex, (long)&sw_process->watchdog_wakes, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

void sw_rest_wake(void)
{
    if (atomic_exchange(&sw_process->watchdog_asleep, 0) != 0)
        sw_rest_end();
}
