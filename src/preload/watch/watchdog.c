/*
 * See watchdog.h.
 *
 * While a loop is in an iteration the watchdog wakes when that is a quarter of the threshold old,
 * at the threshold, and then at a slowing pace. When all loops wait it sleeps until one of them
 * goes on, or the earliest timeout that a loop has noted has run out (rest.h): it never wakes for
 * nothing.
 */
#include "preload/watch/watchdog.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/interpose/thread_ends.h"
#include "preload/libc/bare_thread.h"
#include "preload/libc/loader.h"
#include "preload/libc/threads.h"
#include "preload/notes/clock.h"
#include "preload/notes/credentials.h"
#include "preload/notes/park_member.h"
#include "preload/notes/process.h"
#include "preload/notes/wait_target.h"
#include "preload/report/descriptors.h"
#include "preload/report/helper.h"
#include "preload/stack/memory.h"
#include "preload/watch/cause/lateness.h"
#include "preload/watch/early.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/kept/say_loops.h"
#include "preload/watch/kept/watches.h"
#include "preload/watch/kernel/scarcity.h"
#include "preload/watch/look.h"
#include "preload/watch/pools/pools.h"
#include "preload/watch/rest.h"
#include "preload/watch/sampler/sampler.h"
#include "preload/watch/tell/loops.h"
#include "preload/watch/tell/pending.h"
#include "preload/watch/tell/publish.h"
#include "preload/watch/unwinder.h"
#include "preload/watch/whose/members.h"
#include "preload/watch/whose/ownership.h"
#include "preload/watch/whose/parks.h"

#define HELPER_EXIT_WAIT_MS 1000
#define MANY_RECORDS        16 /* new ones: threads that came and went, maybe */
#define HOUSEKEEPING_NS     UINT64_C(1000000000)
#define FRESH_NS            UINT64_C(5000000)

static bool started_sampler;
static bool read_much; /* as when a loop has been found: the next stall is mostly far off */
static uint64_t last_housekeeping;
static unsigned records_then; /* that there were at the last housekeeping */

static void announce_loops(struct sw_thread *thread, struct sw_watch *watch)
{
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &thread->loops[i];
        if (loop->refused && !watch->refused[i]) {
            watch->refused[i] = true;
            sw_say_no_loop(thread, loop);
        }
        if (atomic_load(&loop->state) != SW_LOOP_OWNED || watch->announced[i] == loop->id)
            continue;
        watch->announced[i] = loop->id;
        sw_account_renew_name(thread->tid, loop->thread_name);
        sw_publish_process();
        sw_unwinder_load_once();
        sw_say_loop_found(thread, loop);
        if (loop->fd >= 0)
            sw_park_forget_no();
        sw_ownership_base(thread, watch, i);
        watch->fresh |= 1U << i;
        read_much = true;
        sw_account_read(thread->tid, &watch->known);
    }
}

static void release_ended_thread(struct sw_thread *thread, struct sw_watch *watch)
{
    if (sw_account_alive(thread->tid))
        return;
    if (sw_unwinder_is_loaded())
        sw_parks_judge(thread, watch);
    sw_look_at_ended(thread, watch);
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        if (atomic_load(&thread->loops[i].state) == SW_LOOP_OWNED) {
            sw_say_loop_over(thread, &thread->loops[i], SW_LOOP_END_THREAD);
            sw_loops_archive(thread, &thread->loops[i]);
        }
    }
    sw_thread_release(thread);
    watch->open = false;
}

static struct sw_look look_at_one(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    announce_loops(thread, watch);
    uint64_t age_ns = watch->open ? sw_clock_ticks_to_ns(now - watch->began) : 0;
    bool suspicious = age_ns >= sw_process_settings.threshold_ns;
    if (age_ns >= sw_process_settings.threshold_ns / 4)
        sw_unwinder_load_once();
    if (suspicious && !sw_account_alive(thread->tid)) {
        release_ended_thread(thread, watch);
        return (struct sw_look){true, UINT64_MAX};
    }
    if (sw_unwinder_is_loaded())
        sw_parks_judge(thread, watch);
    sw_members_confirm(thread, watch, now);
    return sw_look_at(thread, watch, now);
}

/* Once a second, and whenever many records have been made: where threads come and go fast, a record
 * is to be used again before too many others are. */
static void keep_house(unsigned count)
{
    uint64_t now = sw_clock_ticks();
    if (sw_clock_ticks_to_ns(now - last_housekeeping) < HOUSEKEEPING_NS &&
        count - records_then < MANY_RECORDS)
        return;
    last_housekeeping = now;
    records_then = count;
    sw_scarcity_note(now);
    for (unsigned i = 0; i < count && i < SW_MOST_WATCHES; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread != NULL && thread->tid != 0 && sw_watches_of(i, thread) != NULL)
            release_ended_thread(thread, sw_watches_of(i, thread));
    }
}

/* Looks at every thread. Returns when the next pass is due (ticks; UINT64_MAX: no date), and
 * whether all loops are idle. */
static uint64_t pass_over_threads(bool *all_idle)
{
    uint64_t due = UINT64_MAX;
    uint64_t quarter = sw_clock_ns_to_ticks(sw_process_settings.threshold_ns / 4);
    unsigned count = sw_thread_count();
    keep_house(count);
    *all_idle = true;
    for (unsigned i = 0; i < count && i < SW_MOST_WATCHES; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread->tid == 0)
            continue;
        struct sw_watch *watch = sw_watches_of(i, thread);
        if (watch == NULL)
            continue;
        struct sw_look look = look_at_one(thread, watch, sw_clock_ticks());
        *all_idle = *all_idle && look.idle;
        if (look.due < due)
            due = look.due;
    }
    uint64_t soon = sw_clock_ticks() + quarter;
    return *all_idle || due < soon ? due : soon;
}

static void sleep_until_due(uint64_t due, bool all_idle)
{
    /* What the pass took of the time until `due` is no lateness, unless somebody else ran in it. */
    uint64_t passed = sw_clock_ticks();
    sw_lateness_check_work(due, passed);
    sw_lateness_refresh_own(all_idle ? HOUSEKEEPING_NS : FRESH_NS);
    if (sw_rest_until(due, all_idle) && due != UINT64_MAX)
        sw_lateness_check(due > passed ? due : passed, sw_clock_ticks());
}

static void finish(void)
{
    uint64_t exit_ticks = atomic_load(&sw_process->exit_ticks);
    unsigned threads = sw_thread_count();
    for (unsigned i = 0; i < threads && i < SW_MOST_WATCHES; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        struct sw_watch *watch =
            thread != NULL && thread->tid != 0 ? sw_watches_of(i, thread) : NULL;
        if (watch == NULL)
            continue;
        announce_loops(thread, watch);
        if (sw_unwinder_is_loaded())
            sw_parks_judge(thread, watch);
        sw_look_last(thread, watch, exit_ticks);
    }
    sw_pools_finish();
    sw_pending_finish(HELPER_EXIT_WAIT_MS);
    sw_publish_end();
    atomic_store(&sw_process->farewell_done, 1);
    sw_kernel6(SYS_futex, (long)&sw_process->farewell_done, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
}

/* It is not to keep what the program has given up. */
static void give_up(void)
{
    sw_say("cannot change its user or groups as the program did: stops watching", true);
    atomic_store(&sw_process->watchdog_state, SW_WATCHDOG_CANNOT_RUN);
    sw_kernel3(SYS_exit, 0, 0, 0);
}

/* The process is ending, and what is on this thread's stack stays till then; unless the program
 * lets itself be watched no more. */
static void stay(void)
{
    while (!atomic_load(&sw_process->letting_go)) {
        uint32_t wakes = atomic_load(&sw_process->watchdog_wakes);
        if (!sw_credentials_follow())
            give_up();
        sw_kernel6(SYS_futex, (long)&sw_process->watchdog_wakes, FUTEX_WAIT_PRIVATE, (long)wakes, 0,
                   0, 0);
    }
}

/* In a process of several threads the kernel takes some 10 ms to register for membarrier(2), so a
 * watchdog that libc knows of does so itself; not where it is the second thread, since libc's
 * setuid(3) would wait for it to be done. The other cannot, as it would ask the loader for
 * libc's sigaction. */
static void start_sampler(void)
{
    if (!started_sampler)
        sw_sampler_start(sw_process_settings.signal);
    started_sampler = true;
}

static void prepare(void)
{
    sw_kernel3(SYS_prctl, PR_SET_NAME, (long)"stallwatch", 0);
    /* Timers to the microsecond: the default slack is 50 (prctl(2)). */
    sw_kernel3(SYS_prctl, PR_SET_TIMERSLACK, 1, 0);
    sw_descriptors_start(!sw_process_in_valgrind);
    sw_lateness_start();
    sw_clock_refine();
    atomic_store(&sw_process->threshold_ticks,
                 sw_clock_ns_to_ticks(sw_process_settings.threshold_ns));
    start_sampler();
    atomic_store(&sw_process->watchdog_tid, sw_kernel_gettid());
}

static void *watch(void *unused)
{
    (void)unused;
    prepare();
    while (!atomic_load(&sw_process->exiting)) {
        bool all_idle = false;
        if (!sw_credentials_follow())
            give_up();
        uint64_t due = pass_over_threads(&all_idle);
        uint64_t pools_due = sw_unwinder_is_loaded() ? sw_pools_look(sw_clock_ticks()) : UINT64_MAX;
        uint64_t publish_due = sw_publish_tend();
        due = pools_due < due ? pools_due : due;
        if (all_idle && read_much) {
            sw_memory_give_back();
            read_much = false;
        }
        sw_lateness_end_work(sw_clock_ticks());
        sleep_until_due(due < publish_due ? due : publish_due, all_idle);
        sw_lateness_begin_work(sw_clock_ticks());
        sw_clock_refine();
    }
    finish();
    stay();
    if (atomic_load(&sw_process->watchdog_is_bare))
        sw_kernel3(SYS_exit, 0, 0, 0);
    return NULL;
}

static void start_rooms(void)
{
    sw_watches_start();
    last_housekeeping = 0;
    records_then = 0;
    started_sampler = false;
    if (!sw_early_waits()) {
        sw_unwinder_start();
        sw_credentials_start();
    }
    sw_helper_forget(); /* a parent's, in a child that was forked past our wrapper (daemon(3)) */
    sw_pool_start();
    sw_pending_forget();
    sw_loops_start();
    sw_pools_start();
    sw_scarcity_start();
    sw_publish_start();
}

/* The one that is there. */
static bool start_early(void)
{
    if (!sw_early_waits())
        return false;
    if (atomic_load(&sw_process->watchdog_is_bare))
        start_sampler();
    return sw_early_watch(watch);
}

/* Where the program has one thread as far as libc knows, it keeps that impression. */
static bool start_bare(void)
{
    bool only = sw_bare_thread_is_only();
    bool possible =
        only && !sw_process_in_valgrind && sw_bare_thread_is_possible() && sw_unwinder_load_early();
    sw_loader_forget_error();
    if (only)
        start_sampler();
    if (!possible)
        return false;
    atomic_store(&sw_process->watchdog_is_bare, 1);
    if (sw_bare_thread_start(watch, SW_WATCHDOG_STACK_SIZE, &sw_thread_self) == 0)
        return true;
    atomic_store(&sw_process->watchdog_is_bare, 0);
    return false;
}

void sw_watchdog_start(void)
{
    uint32_t none = SW_WATCHDOG_NONE;
    if (!atomic_compare_exchange_strong(&sw_process->watchdog_state, &none, SW_WATCHDOG_STARTING))
        return;
    int saved_errno = errno;
    sw_lateness_begin_work(sw_clock_ticks()); /* until its first pass it sees nothing */
    start_rooms();
    sw_threads_find_number();
    bool there = start_early() || start_bare();
    int error = there ? 0 : sw_threads_start(watch, SW_WATCHDOG_STACK_SIZE);
    atomic_store(&sw_process->watchdog_state,
                 error == 0 ? SW_WATCHDOG_RUNNING : SW_WATCHDOG_CANNOT_RUN);
    if (error != 0)
        sw_say_unwatched(error);
    else if (!there)
        sw_thread_ends_watched();
    errno = saved_errno;
}
