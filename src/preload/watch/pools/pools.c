/*
 * See pools.h. Nothing of the program is asked, and nothing wakes the watchdog for this but itself:
 * it looks when it is awake for a loop, ten times a second at the most, and in closer turns as long
 * as a pool looks full.
 *
 * A pool is full as long as looks find the same: the same work waits first, and each worker has the
 * work it had. Work is told apart by its address, which may be used again: a worker that has been
 * blocked all the while (it used no CPU) cannot have gone on to other work; where one has run, only
 * many looks close together, in uneven turns, that all find the same are believed. Time in which a
 * worker or a loop had no CPU is the machine's, and makes no pool full. The kernel counts it only
 * when they get one: as long as one of them is ready and does not run, the pool grows no older.
 */
#include "preload/watch/pools/pools.h"

#include "preload/languages/languages.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/notes/thread.h"
#include "preload/stack/memory.h"
#include "preload/watch/kept/watches.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/pools/pool_libuv.h"
#include "preload/watch/pools/pool_tell.h"
#include "preload/watch/whose/ownership.h"

#define MOST_POOLS    16
#define LOOK_NS       UINT64_C(100000000)  /* between two looks at what is not full */
#define BUSY_NS       UINT64_C(1000000000) /* ... at what is busy, with nothing waiting */
#define TELL_NS       UINT64_C(25000000)   /* ... while it is not known what some thread is */
#define SHORTEST_NS   UINT64_C(1000000)
#define LOOKS_BLOCKED 3
#define LOOKS_RAN     24
#define LOOKS_AT_WAIT 6 /* until the stack of a found loop's wait is there */

/* One that was full at the last look. */
struct full {
    struct sw_pool_view view;                                  /* key 0: none */
    uint64_t cpu[SW_POOL_WORKERS];                             /* ns: of each, at the last look */
    uint64_t delay[SW_POOL_WORKERS], delayed[SW_POOL_WORKERS]; /* ns: at the first, and since */
    uint64_t loops_delay, loops_delayed; /* the same of the loops' threads together */
    uint64_t since, last; /* ticks: of the first look that found it so, and of the last */
    uint64_t looked;      /* ... of the last, though somebody was ready and did not run */
    unsigned looks;
    bool ran;  /* a worker has been on a CPU since */
    bool seen; /* in this look */
    struct sw_pool_told told;
};

static struct full pools[MOST_POOLS];
static struct sw_pool_view views[MOST_POOLS];
/* Of the loops' threads, at this look: CPU time of each, how long they have been without one in all
 * (ns), and is one ready that has not run since the look before? */
static struct {
    uint64_t cpu[SW_MOST_WATCHES], delay;
    bool unserved;
} loops;
static uint64_t look_due;        /* ticks: no look before */
static uint32_t loops_known;     /* how many loops had been found when their waits were looked at */
static unsigned recognise_again; /* ... and in how many looks more that is still to be done */

static uint64_t threshold_ns(void)
{
    return sw_process_settings.threshold_ns;
}

void sw_pools_start(void)
{
    look_due = 0;
    loops_known = 0;
    recognise_again = 0;
    /* What was never used is left untouched: it has no memory yet. */
    for (unsigned i = 0; i < MOST_POOLS; i++)
        if (pools[i].told.samples != NULL || pools[i].view.key != 0) {
            pools[i].view.key = 0;
            pools[i].told.samples = NULL; /* a parent's are its own */
        }
    sw_pool_libuv_start();
}

static unsigned busy_of(const struct sw_pool_view *view)
{
    unsigned busy = 0;
    for (unsigned i = 0; i < view->count; i++)
        busy += view->worker[i].item != 0;
    return busy;
}

static bool all_busy(const struct sw_pool_view *view)
{
    unsigned threads = view->threads != 0 ? view->threads : view->count;
    return threads > 0 && busy_of(view) == threads && view->count == threads;
}

/* Is it what it was, worker for worker? They may be listed in another order. */
static bool is_same(const struct sw_pool_view *one, const struct sw_pool_view *other)
{
    if (one->waiting != other->waiting || one->count != other->count)
        return false;
    for (unsigned i = 0; i < one->count; i++)
        if (one->worker[i].tid != other->worker[i].tid ||
            one->worker[i].item != other->worker[i].item)
            return false;
    return true;
}

static uint64_t age_ns(const struct full *full)
{
    return sw_clock_ticks_to_ns(full->last - full->since);
}

/* Is the thread ready to run, but has not run since it had used `*cpu`? */
static bool is_unserved(int tid, uint64_t *cpu, bool *ran)
{
    struct sw_syscall_view view;
    uint64_t before = *cpu;
    *cpu = sw_account_cpu_ns(tid);
    *ran = *cpu != before;
    if (*ran)
        return false;
    sw_account_syscall(tid, &view);
    return view.known && view.running;
}

/* One of them may have what workers wait for, as Python's lock. */
static void note_loops(void)
{
    unsigned count = sw_thread_count();
    bool ran;
    loops.delay = 0;
    loops.unserved = false;
    for (unsigned i = 0; i < count && i < SW_MOST_WATCHES; i++) {
        const struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread->tid == 0 ||
            __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE) == NULL)
            continue;
        if (is_unserved(thread->tid, &loops.cpu[i], &ran))
            loops.unserved = true;
        loops.delay += sw_account_delay_ns(thread->tid);
    }
}

/* Who had no CPU would have been done before. One may have waited for the other, so it adds up. */
static bool is_believed(const struct full *full)
{
    uint64_t delayed = full->loops_delayed, age = age_ns(full);
    for (unsigned i = 0; i < full->view.count; i++)
        delayed += full->delayed[i];
    return age >= delayed && age - delayed >= threshold_ns() &&
           full->looks >= (full->ran ? LOOKS_RAN : LOOKS_BLOCKED);
}

/* Workers that have run since the last look may have gone through other work to some that lies
 * where the old one did. (What is believed already was looked at often enough.) */
static bool is_too_long_ago(const struct full *full, uint64_t now)
{
    uint64_t most = threshold_ns() / 2 > 4 * SHORTEST_NS ? threshold_ns() / 2 : 4 * SHORTEST_NS;
    return sw_clock_ticks_to_ns(now - full->looked) > most && !is_believed(full);
}

/* Notes what the workers and the loops have done since the last look, if this is not the first.
 * False: it is not known to have been the same all the while. */
static bool note_turns(struct full *full, uint64_t now)
{
    bool first = full->looks == 0, unserved = loops.unserved, any_ran = false;
    bool too_long = !first && is_too_long_ago(full, now);
    if (first)
        full->loops_delay = loops.delay;
    full->loops_delayed = loops.delay > full->loops_delay ? loops.delay - full->loops_delay : 0;
    for (unsigned i = 0; i < full->view.count; i++) {
        int tid = full->view.worker[i].tid;
        bool ran;
        unserved = is_unserved(tid, &full->cpu[i], &ran) || unserved;
        any_ran = any_ran || ran;
        uint64_t delay = first || ran ? sw_account_delay_ns(tid) : 0;
        if (first)
            full->delay[i] = delay;
        if (first || ran)
            full->delayed[i] = delay - full->delay[i];
    }
    bool known = first || !any_ran || !too_long;
    if (first || (known && !unserved))
        full->last = now;
    full->looked = now;
    full->ran = !first && (full->ran || any_ran);
    full->looks++;
    return known;
}

static void end(struct full *full)
{
    if (is_believed(full) || full->told.id != 0)
        sw_pool_tell(&full->told, &full->view, age_ns(full), SW_STALL_ENDED);
    full->view.key = 0;
}

static void begin(struct full *full, const struct sw_pool_view *view, uint64_t now)
{
    full->view = *view;
    full->since = now;
    full->looks = 0;
    full->seen = true;
    sw_pool_tell_begin(&full->told);
    note_turns(full, now);
}

/* False: it may be another time that it is full. */
static bool go_on(struct full *full, uint64_t now)
{
    if (!note_turns(full, now))
        return false;
    full->seen = true;
    if (age_ns(full) >= threshold_ns() / 2)
        sw_pool_tell_sample(&full->told, &full->view);
    if (is_believed(full) && age_ns(full) >= full->told.next_ongoing_ns)
        sw_pool_tell(&full->told, &full->view, age_ns(full), SW_STALL_ONGOING);
    return true;
}

static struct full *place_of(uint64_t key)
{
    struct full *empty = NULL;
    for (unsigned i = 0; i < MOST_POOLS; i++) {
        if (pools[i].view.key == key)
            return &pools[i];
        if (pools[i].view.key == 0)
            empty = &pools[i];
    }
    return empty;
}

static void take_view(const struct sw_pool_view *view, uint64_t now)
{
    struct full *full = place_of(view->key);
    if (full == NULL)
        return;
    if (full->view.key == view->key) {
        if (is_same(&full->view, view) && go_on(full, now))
            return;
        end(full);
    }
    begin(full, view, now);
}

/* What loops wait in tells which runtimes there are. */
static void recognise(void)
{
    unsigned count = sw_thread_count();
    sw_memory_forget();
    sw_pool_libuv_recognise(NULL);
    for (unsigned i = 0; i < count && i < SW_MOST_WATCHES; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        struct sw_watch *watch =
            thread != NULL && thread->tid != 0 ? sw_watches_known(i, thread) : NULL;
        for (unsigned j = 0; watch != NULL && j < SW_LOOPS_PER_THREAD; j++) {
            const struct sw_unwind_stack *base =
                atomic_load(&thread->loops[j].state) == SW_LOOP_OWNED
                    ? sw_ownership_base(thread, watch, j)
                    : NULL;
            if (base != NULL)
                sw_pool_libuv_recognise(base);
        }
    }
}

/* A loop that has been found may be a runtime's that was not there before. */
static bool is_to_recognise(void)
{
    uint32_t found = atomic_load(&sw_process->loops_found);
    if (found != loops_known)
        recognise_again = LOOKS_AT_WAIT;
    loops_known = found;
    return recognise_again > 0 && recognise_again-- > 0;
}

static bool is_any_full(void)
{
    for (unsigned i = 0; i < MOST_POOLS; i++)
        if (pools[i].view.key != 0)
            return true;
    return false;
}

/* One look. Returns in how many ns another one is wanted though nothing else happens: where a pool
 * is busy from one end to the other with nothing waiting, or a thread is still to be told. */
static uint64_t look(uint64_t now)
{
    uint64_t wanted = UINT64_MAX;
    sw_memory_forget();
    unsigned count = sw_languages_pools(views, MOST_POOLS);
    if (count < MOST_POOLS && sw_pool_libuv_present() && sw_pool_libuv_look(&views[count]))
        count++;
    for (unsigned i = 0; i < MOST_POOLS; i++)
        pools[i].seen = false;
    bool noted = false;
    for (unsigned i = 0; i < count; i++) {
        if (!all_busy(&views[i]))
            continue;
        wanted = BUSY_NS;
        if (views[i].waiting == 0)
            continue;
        if (!noted)
            note_loops();
        noted = true;
        take_view(&views[i], now);
    }
    for (unsigned i = 0; i < MOST_POOLS; i++)
        if (pools[i].view.key != 0 && !pools[i].seen)
            end(&pools[i]);
    return sw_pool_libuv_present() && sw_pool_libuv_undecided() ? TELL_NS : wanted;
}

/* Until the next look at a pool that is full: closer together until it is believed, and never in
 * even turns, which work that comes in even turns could fall in with. */
static uint64_t step_ns(uint64_t now)
{
    uint64_t step = LOOK_NS, threshold = threshold_ns();
    for (unsigned i = 0; i < MOST_POOLS; i++) {
        const struct full *full = &pools[i];
        if (full->view.key == 0)
            continue;
        uint64_t own = threshold / (full->ran ? LOOKS_RAN + LOOKS_RAN / 3 : 16);
        if (is_believed(full) && own < age_ns(full) / 20)
            own = age_ns(full) / 20;
        step = own < step ? own : step;
    }
    step = step > SHORTEST_NS ? step : SHORTEST_NS;
    uint64_t uneven = (now ^ now >> 7) % 64;
    return step * (32 + uneven) / 64;
}

uint64_t sw_pools_look(uint64_t now)
{
    bool due = now >= look_due;
    if (due && is_to_recognise())
        recognise();
    bool possible = sw_languages_have_pools() || sw_pool_libuv_present();
    if (!due)
        return possible ? look_due : UINT64_MAX;
    uint64_t wanted = possible ? look(now) : UINT64_MAX;
    now = sw_clock_ticks();
    if (is_any_full())
        wanted = step_ns(now);
    look_due = now + sw_clock_ns_to_ticks(wanted < LOOK_NS ? wanted : LOOK_NS);
    return wanted == UINT64_MAX ? UINT64_MAX : now + sw_clock_ns_to_ticks(wanted);
}

void sw_pools_finish(void)
{
    for (unsigned i = 0; i < MOST_POOLS; i++)
        if (pools[i].view.key != 0 && is_believed(&pools[i]))
            sw_pool_tell(&pools[i].told, &pools[i].view, age_ns(&pools[i]), SW_STALL_EXITING);
}
