/* See park.h. */
#include "preload/notes/park.h"

#include "preload/notes/loop.h"
#include "preload/notes/process.h"

#define MOST_COPIES 64 /* in a thread's life */

static struct sw_park_site *find(struct sw_thread *thread, uint64_t caller, uint64_t cfa)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++)
        if (thread->parks[i].caller == caller && thread->parks[i].cfa == cfa)
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

static struct sw_park_site *add(struct sw_thread *thread, uint64_t caller, uint64_t cfa)
{
    struct sw_park_site *site = thread->parks_copied < MOST_COPIES ? make_room(thread) : NULL;
    if (site == NULL)
        return NULL;
    thread->parks_copied++;
    struct sw_base_stack *stack = sw_loop_copy_stack(thread);
    if (stack == NULL)
        return NULL;
    stack->wait_sp = cfa;
    site->caller = caller;
    site->cfa = cfa;
    atomic_store(&site->verdict, SW_PARK_UNKNOWN);
    atomic_store_explicit(&site->stack, stack, memory_order_release);
    return site;
}

void sw_park_begin(struct sw_call *call, struct sw_thread *thread, uint32_t id,
                   const uint64_t argument[3], uint64_t caller, uint64_t cfa)
{
    struct sw_loop *loop = thread->outer;
    struct sw_park_site *site = find(thread, caller, cfa);
    if (site == NULL)
        site = add(thread, caller, cfa);
    bool parks = site != NULL && loop != NULL &&
                 atomic_load_explicit(&site->verdict, memory_order_relaxed) == SW_PARK_YES;
    if (parks) {
        struct sw_wait wait;
        sw_wait_enter(&wait, thread, loop, id, -1);
        thread->note.is_wait = SW_NOTE_PARKED;
        call->thread = thread;
        call->sequence = wait.sequence;
    } else {
        sw_call_begin(call, thread, id, argument[0], argument[1], argument[2]);
    }
    thread->park_site = site != NULL ? (uint32_t)(site - thread->parks) + 1 : 0;
    thread->park_sequence = call->sequence;
}

/* The iteration begins anew, as after a wait that has returned. */
static void begin_anew(struct sw_call *call, struct sw_thread *thread)
{
    struct sw_wait wait = {thread, call->sequence};
    thread->note.is_wait = 1;
    sw_wait_leave(&wait, thread->outer, 0);
    /* Nothing else tells a watchdog that sleeps until a descriptor is ready. */
    if (atomic_load_explicit(&sw_process->watchdog_asleep, memory_order_relaxed))
        sw_process_wake();
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
        sw_call_end(call);
    }
}
