/*
 * See bases.h.
 *
 * The return addresses of a wait's frames lie where they were when its stack was copied, as long as
 * the same functions wait: comparing these words is a read or two, where unwinding would be a
 * hundred. Which call of the innermost function it is does not matter, nor does the wrapper's own
 * frame, which depends on the way through it.
 */
#include "preload/watch/whose/bases.h"

#include "preload/notes/clock.h"
#include "preload/notes/loop.h"
#include "preload/stack/memory.h"
#include "preload/watch/kept/say_loops.h"
#include "preload/watch/whose/nested.h"
#include "preload/watch/whose/ownership.h"
#include "preload/watch/whose/returned.h"

#define FIRST_COMPARED 1

/* Do the frames' return addresses still lie there? Also where that cannot be told. */
static bool still_there(const struct sw_unwind_stack *base)
{
    for (unsigned i = FIRST_COMPARED; i + 1 < base->count && base->frame[i].cfa != 0; i++) {
        uint64_t word, place = base->frame[i].cfa - SW_MACHINE_RETURN_BELOW_CFA;
        if (SW_MACHINE_RETURN_BELOW_CFA == 0 || sw_memory_read(place, &word, sizeof word) != 0)
            return true;
        if (word != base->frame[i + 1].ip)
            return false;
    }
    return true;
}

void sw_bases_look(struct sw_thread *thread, const struct sw_watch *watch, unsigned index)
{
    struct sw_loop *loop = &thread->loops[index];
    const struct sw_watch_base *base = watch->base[index];
    uint32_t sequence = atomic_load(&thread->sequence);
    if (!(sequence & 1) || thread->note.is_wait != 1 || watch->base_id[index] != loop->id ||
        loop->base_taken >= SW_MOST_BASES || atomic_load(&loop->base_wanted))
        return;
    uint64_t wait_sp = loop->wait_sp;
    unsigned at = 0;
    while (at < SW_WATCH_BASES && base[at].wait_sp != wait_sp)
        at++;
    if (at == SW_WATCH_BASES || wait_sp == 0)
        return;
    sw_memory_forget();
    bool there = still_there(base[at].stack);
    atomic_thread_fence(memory_order_acquire);
    if (there || atomic_load(&thread->sequence) != sequence)
        return;
    atomic_store(&loop->base_wanted, 1);
    atomic_store(&thread->attention, SW_ATTENTION_LOOP);
}

/* Are both waits the very same place's, called in the same way? Then none of them is in a callback
 * of the other. */
static bool are_alike(const struct sw_unwind_stack *wait, const struct sw_unwind_stack *base)
{
    unsigned i = FIRST_COMPARED;
    if (!sw_returned_comparable(wait, base) || wait->count != base->count)
        return false;
    while (i < wait->count && wait->frame[i].ip == base->frame[i].ip &&
           wait->frame[i].cfa == base->frame[i].cfa)
        i++;
    return i == wait->count;
}

static void take_turns(struct sw_thread *thread, struct sw_loop *outer, struct sw_loop *loop)
{
    uint32_t group = atomic_load(&outer->group);
    if (group == 0)
        group = (uint32_t)(outer - thread->loops) + 1 + SW_GROUP_BY_STACK;
    atomic_store(&outer->group, group);
    atomic_store(&loop->group, group);
    sw_say_turns(thread, outer, loop);
}

static void compare(struct sw_thread *thread, struct sw_watch *watch, unsigned found)
{
    struct sw_loop *outer = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
    struct sw_loop *loop = &thread->loops[found];
    uint32_t owned = SW_LOOP_OWNED;
    if (outer == NULL || outer == loop || atomic_load(&outer->state) != SW_LOOP_OWNED)
        return;
    const struct sw_unwind_stack *wait = sw_ownership_base(thread, watch, found);
    const struct sw_unwind_stack *base =
        sw_ownership_base(thread, watch, (unsigned)(outer - thread->loops));
    if (wait == NULL || base == NULL)
        return;
    bool alike = are_alike(wait, base);
    if (!alike && !sw_returned_before(wait, base))
        return;
    /* The iteration in progress may hold waits that are not its own. */
    watch->parks_learnt = sw_clock_ticks();
    if (alike && loop->born_iteration < atomic_load(&outer->iteration)) {
        take_turns(thread, outer, loop);
    } else {
        outer->left_for = loop->id;
        atomic_compare_exchange_strong(&outer->state, &owned, SW_LOOP_LEFT);
    }
    atomic_store(&thread->attention, SW_ATTENTION_LOOP);
}

void sw_bases_compare(struct sw_thread *thread, struct sw_watch *watch)
{
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++)
        if (watch->fresh >> i & 1)
            compare(thread, watch, i);
    watch->fresh = 0;
}
