/*
 * Around a change of the thread's signal mask that blocks our signal: no sample's signal is on its
 * way then, since it would stay pending, to be read from a signalfd(2) or to end a later ppoll. And
 * the count tells the watchdog that what it has read of the mask is of no use. Nothing is timed.
 *
 * Loop thread; errno kept. A wrapper:
 *
 *     struct sw_mask_change change;
 *     SW_MASK_CHANGE_BEGIN(change, blocks);
 *     int result = SW_NEXT(sigprocmask)(how, set, previous);
 *     sw_mask_change_end(&change);
 */
#ifndef SW_NOTES_MASK_CHANGE_H
#define SW_NOTES_MASK_CHANGE_H

#include "preload/notes/call.h"

struct sw_mask_change {
    struct sw_thread *thread; /* NULL: no sample is taken of this thread now */
    uint32_t sequence;
};

static inline void sw_mask_change_begin(struct sw_mask_change *change, bool blocks, uint64_t cfa)
{
    struct sw_thread *thread = blocks ? sw_thread_self : NULL;
    change->thread = sw_call_wanted(thread, cfa) ? thread : NULL;
    if (change->thread == NULL)
        return;
    /* Not a call: there are no registers to begin from but the one that sw_call_discard asks for.
     */
    thread->note.is_wait = SW_NOTE_MASK;
    thread->note.registers.sp = cfa - 1;
    change->sequence = sw_call_open(thread);
}

static inline void sw_mask_change_end(const struct sw_mask_change *change)
{
    struct sw_thread *thread = change->thread;
    if (thread == NULL ||
        atomic_load_explicit(&thread->sequence, memory_order_relaxed) != change->sequence)
        return;
    uint32_t changes = atomic_load_explicit(&thread->mask_changes, memory_order_relaxed);
    atomic_store_explicit(&thread->mask_changes, changes + 1, memory_order_relaxed);
    sw_call_close(thread, change->sequence);
}

#define SW_MASK_CHANGE_BEGIN(change, blocks)                                                       \
    sw_mask_change_begin(&(change), (blocks), (uint64_t)(uintptr_t)__builtin_dwarf_cfa())

#endif
