/* See park.h. */
#include "preload/notes/park.h"

#include "preload/notes/loop.h"
#include "preload/notes/process.h"

#define MOST_COPIES 64 /* in a thread's life */

struct sw_park_site *sw_park_find(struct sw_thread *thread, const struct sw_park_place *place)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++)
        if (thread->parks[i].caller == place->caller && thread->parks[i].cfa == place->cfa)
            return &thread->parks[i];
    return NULL;
}

/* A place for a new site: a free one, or in turn one that is known not to park. */
static struct sw_park_site *make_room(struct sw_thread *thread)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++) {
        struct sw_park_site *site = &thread->parks[thread->park_next++ % SW_PARK_SITES];
        if (site->caller == 0 ||
            (atomic_load(&site->verdict) == SW_PARK_NO && atomic_load(&site->stack) == NULL))
            return site;
    }
    return NULL;
}

struct sw_park_site *sw_park_add(struct sw_thread *thread, const struct sw_park_place *place,
                                 enum sw_park_verdict verdict)
{
    struct sw_park_site *site = thread->parks_copied < MOST_COPIES ? make_room(thread) : NULL;
    if (site == NULL)
        return NULL;
    struct sw_base_stack *stack = NULL;
    if (verdict == SW_PARK_UNKNOWN) {
        thread->parks_copied++;
        stack = sw_loop_copy_stack(thread);
        if (stack == NULL)
            return NULL;
        stack->wait_sp = place->cfa;
    }
    site->caller = place->caller;
    site->cfa = place->cfa;
    site->depth = sw_park_depth(place);
    site->object = place->object;
    site->lock = place->lock;
    site->between_processes = place->between_processes;
    atomic_store(&site->verdict, verdict);
    atomic_store_explicit(&site->stack, stack, memory_order_release);
    return site;
}

/* Is the iteration over when the thread waits here? A thread that has only parked begins them at
 * this very place, so until the verdict is there it ends them as well. */
static bool ends_iteration(const struct sw_thread *thread, struct sw_park_site *site)
{
    const struct sw_loop *loop = thread->outer;
    if (site == NULL || loop == NULL)
        return false;
    uint32_t verdict = atomic_load_explicit(&site->verdict, memory_order_relaxed);
    bool began_here =
        loop->kind == SW_WAIT_PARKED && loop->key == (uint64_t)(site - thread->parks) + 1;
    return verdict == SW_PARK_YES || (verdict == SW_PARK_UNKNOWN && began_here);
}

static void enter_park(struct sw_call *call, struct sw_thread *thread, uint32_t id,
                       struct sw_park_site *site, const struct sw_park_place *place)
{
    struct sw_wait wait;
    if (thread->outer->kind == SW_WAIT_PARKED)
        thread->outer->wait_sp = place->cfa;
    site->object = place->object;
    site->lock = place->lock;
    sw_wait_enter(&wait, thread, thread->outer, id, -1);
    /* Of the iteration that has ended it was not known. */
    thread->turn_lock = place->lock;
    thread->turn_cfa = place->cfa;
    thread->note.is_wait = SW_NOTE_PARKED;
    call->thread = thread;
    call->sequence = wait.sequence;
}

void sw_park_begin(struct sw_call *call, struct sw_thread *thread, uint32_t id,
                   const uint64_t argument[3], const struct sw_park_place *place)
{
    if (sw_loop_give_up_over(thread))
        return;
    struct sw_park_site *site = sw_park_find(thread, place);
    /* A no may have been said of a thread that no loop was known for. */
    if (site == NULL) {
        bool parks = place->takes_turn || sw_park_remembered(place) == SW_PARK_YES;
        site = sw_park_add(thread, place, parks ? SW_PARK_YES : SW_PARK_UNKNOWN);
    }
    if (ends_iteration(thread, site))
        enter_park(call, thread, id, site, place);
    else
        sw_call_begin(call, thread, id, argument[0], argument[1], argument[2]);
    thread->park_site = site != NULL ? (uint32_t)(site - thread->parks) + 1 : 0;
    thread->park_sequence = call->sequence;
}

/* Does nobody have to look at the iteration that begins? The thread is known to park, and for what
 * loop is not (a pool's). */
static bool is_stranger(const struct sw_thread *thread)
{
    const struct sw_loop *loop = thread->outer;
    return loop->kind == SW_WAIT_PARKED && loop->key - 1 < SW_PARK_SITES &&
           atomic_load_explicit(&loop->state, memory_order_relaxed) == SW_LOOP_CANDIDATE &&
           atomic_load_explicit(&thread->parks[loop->key - 1].verdict, memory_order_relaxed) ==
               SW_PARK_YES;
}

/* The iteration begins anew, as after a wait that has returned. */
static void begin_anew(struct sw_call *call, struct sw_thread *thread)
{
    struct sw_wait wait = {thread, call->sequence};
    thread->note.is_wait = 1;
    sw_wait_leave(&wait, thread->outer, 0);
    /* Nothing else tells a watchdog that sleeps until a descriptor is ready. */
    if (atomic_load_explicit(&sw_process->watchdog_asleep, memory_order_relaxed) &&
        !is_stranger(thread))
        sw_process_wake();
}

/* The call that has returned came from a place that had no verdict when it was made. */
static void note_maybe(struct sw_thread *thread, uint32_t id, uint64_t entered)
{
    struct sw_maybe_parked *maybe = &thread->maybe;
    uint64_t now = sw_clock_ticks();
    if (maybe->stamp != thread->stamp) {
        maybe->count = 0;
        maybe->total = 0;
        maybe->first_entered = entered;
        maybe->stamp = thread->stamp;
    }
    maybe->count++;
    maybe->total += now - entered;
    maybe->last_returned = now;
    maybe->id = id;
    __atomic_store_n(&maybe->site, thread->park_site, __ATOMIC_RELEASE);
}

static bool had_no_verdict(const struct sw_thread *thread, const struct sw_call *call)
{
    return thread->outer != NULL && thread->park_sequence == call->sequence &&
           thread->park_site != 0 &&
           atomic_load(&thread->parks[thread->park_site - 1].verdict) != SW_PARK_NO;
}

void sw_park_end(struct sw_call *call)
{
    struct sw_thread *thread = call->thread;
    if (atomic_load_explicit(&thread->sequence, memory_order_relaxed) != call->sequence)
        return;
    if (thread->note.is_wait == SW_NOTE_PARKED) {
        begin_anew(call, thread);
    } else if (thread->outer != NULL && sw_park_is_parked(thread)) {
        /* It was found out meanwhile: the iteration ended when the call began. */
        sw_loop_end_iteration(thread, thread->outer, thread->note.entered);
        begin_anew(call, thread);
    } else {
        bool maybe = had_no_verdict(thread, call);
        uint32_t id = thread->note.id;
        uint64_t entered = thread->note.entered;
        sw_call_end(call);
        if (maybe)
            note_maybe(thread, id, entered);
    }
}
