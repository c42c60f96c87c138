/*
 * A thread that parks in a scheduler's place is one of those that turn the loop, whether or not it
 * has ever waited for the descriptor itself: of four threads in asio's run one may wait there all
 * the time, and the others are woken to call back. Its iteration runs from the return of the park
 * to the next park, or wait.
 *
 * Nothing is noted of a thread before it has parked, so the question is asked where a call that may
 * have been parking returns. The thread gets a loop of kind SW_WAIT_PARKED, a candidate, and the
 * watchdog judges the stack that is copied here (watch/whose/parks.c), and then which loop it
 * belongs to (watch/whose/members.c). Places of which it said no are remembered for all threads, by
 * their return address and depth in the stack.
 *
 * The thread that parks, or locks; slow only where said.
 */
#include "preload/notes/park_member.h"

#include "preload/notes/loop.h"
#include "preload/notes/park.h"

#define MOST_ASKED 256
#define REMEMBERED 256
/* How much deeper than its parks the lock of a scheduler's own function may be taken: what frames
 * of small functions take that were not inlined. A callback's calls are deeper. */
#define SLACK_BYTES 32

/* Keys of places, by their verdict: the newest of those that share a cell. */
static _Atomic uint64_t remembered[2][REMEMBERED];

static uint64_t key_of(uint64_t caller, uint64_t depth)
{
    return (caller * 31 + depth) * UINT64_C(0x9e3779b97f4a7c15);
}

static _Atomic uint64_t *cell_of(uint64_t key, enum sw_park_verdict verdict)
{
    return &remembered[verdict == SW_PARK_YES][key >> 56];
}

enum sw_park_verdict sw_park_remembered(const struct sw_park_place *place)
{
    uint64_t key = key_of(place->caller, sw_park_depth(place));
    if (atomic_load_explicit(cell_of(key, SW_PARK_NO), memory_order_relaxed) == key)
        return SW_PARK_NO;
    bool parks = atomic_load_explicit(cell_of(key, SW_PARK_YES), memory_order_relaxed) == key;
    return parks ? SW_PARK_YES : SW_PARK_UNKNOWN;
}

bool sw_park_remember(const struct sw_park_site *site, enum sw_park_verdict verdict)
{
    uint64_t key = key_of(site->caller, site->depth);
    return atomic_exchange(cell_of(key, verdict), key) != key;
}

void sw_park_forget_no(void)
{
    for (unsigned i = 0; i < REMEMBERED; i++)
        atomic_store(&remembered[0][i], 0);
}

/* This thread's record, if it may begin an iteration now; NULL: it may not. */
static struct sw_thread *idle_thread(void)
{
    struct sw_thread *thread = sw_thread_self;
    if (thread == NULL || thread->tid == 0) {
        if (atomic_load(&sw_process->parks_asked) >= MOST_ASKED)
            return NULL;
        thread = sw_thread_attach();
        if (thread == NULL)
            return NULL;
    }
    if ((atomic_load_explicit(&thread->sequence, memory_order_relaxed) & 1) ||
        thread->annotations.waiting || atomic_load(&thread->annotations.allow_depth) > 0)
        return NULL;
    sw_loop_give_up_over(thread);
    return thread->outer == NULL ? thread : NULL;
}

static struct sw_park_site *site_of(struct sw_thread *thread, const struct sw_park_place *place)
{
    struct sw_park_site *site = sw_park_find(thread, place);
    if (site == NULL && atomic_fetch_add(&sw_process->parks_asked, 1) < MOST_ASKED)
        site = sw_park_add(thread, place, SW_PARK_UNKNOWN);
    return site;
}

void sw_park_returned(const struct sw_noted_registers *here, const struct sw_park_place *place)
{
    if (sw_park_remembered(place) == SW_PARK_NO)
        return;
    struct sw_thread *thread = idle_thread();
    if (thread == NULL)
        return;
    thread->note.registers = *here;
    struct sw_park_site *site = site_of(thread, place);
    if (site == NULL || atomic_load(&site->verdict) == SW_PARK_NO)
        return;
    struct sw_loop *loop = sw_loop_place(thread);
    if (loop == NULL)
        return;
    loop->kind = SW_WAIT_PARKED;
    loop->key = (uint64_t)(site - thread->parks) + 1;
    loop->startup = 0;
    loop->wait_sp = loop->base_sp = place->cfa;
    loop->wait_timeout_ns = -1;
    /* Whose loop it is the stack tells, which was judged already where the place has been seen in
     * another's iteration. */
    thread->wait_cfa = place->cfa;
    if (atomic_load(&site->verdict) == SW_PARK_YES)
        sw_loop_take_base(thread, loop);
    atomic_store_explicit(&loop->state, SW_LOOP_CANDIDATE, memory_order_release);
    thread->outer = loop;
    thread->in_iteration = 1;
    thread->hot_key = 0;
    thread->turn_lock = place->lock;
    thread->turn_cfa = place->cfa;
    uint64_t now = sw_clock_ticks();
    sw_loop_begin_iteration(thread, loop, now, now, 0);
    sw_process_watch();
    if (atomic_load(&sw_process->watchdog_asleep))
        sw_process_wake();
}

void sw_park_member_waits(struct sw_thread *thread, const struct sw_wait_target *target)
{
    struct sw_loop *loop = thread->outer;
    if (target->kind != SW_WAIT_EPOLL && target->kind != SW_WAIT_RING)
        return;
    bool found = atomic_load_explicit(&loop->state, memory_order_acquire) == SW_LOOP_OWNED;
    if (found && loop->fd != (int32_t)target->key)
        return;
    if (found) {
        loop->key = target->key;
        loop->kind = target->kind;
        SW_CLOSES_MATTER(loop->fd) = 1;
        return;
    }
    /* What it parked for is not known, so this may be any loop. */
    atomic_store(&loop->state, SW_LOOP_FREE);
    sw_loop_give_up_over(thread);
}

void sw_park_turn(struct sw_thread *thread, uint64_t cfa)
{
    struct sw_loop *loop = thread->outer;
    if (cfa + SLACK_BYTES < thread->turn_cfa || loop == NULL ||
        (atomic_load_explicit(&thread->sequence, memory_order_relaxed) & 1) ||
        atomic_load_explicit(&loop->busy_since, memory_order_relaxed) == 0)
        return;
    uint64_t now = sw_clock_ticks();
    sw_loop_end_iteration(thread, loop, now);
    sw_loop_begin_iteration(thread, loop, now, now, 0);
}
