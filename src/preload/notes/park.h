/*
 * Notes of a call in which a thread of a pool may be parked (a condition, a semaphore, a futex):
 * what its wrapper does around the real function.
 *
 * Parking is not stalling: a worker of tokio's or a thread in asio's run has just driven the loop
 * and waits for work while another one drives it. Whether a call is that depends on where it comes
 * from, and only the watchdog can tell, from the stack. So each place that such calls come from
 * (the return address and the stack's depth) is remembered with the watchdog's verdict:
 *
 *   - not known yet: noted as a call, and the stack is copied for the watchdog to judge;
 *   - parking: the iteration ends with the call and a new one begins with its return;
 *   - not parking: noted as a call.
 *
 * A verdict that comes while the call goes on holds for it as well. Loop thread; slow only where a
 * place is first seen, which happens a bounded number of times in a thread's life.
 */
#ifndef SW_NOTES_PARK_H
#define SW_NOTES_PARK_H

#include "preload/notes/call.h"

/* Registers are noted already. `caller` and `cfa`: the wrapper's return address, and its caller's
 * stack pointer at the call. */
void sw_park_begin(struct sw_call *call, struct sw_thread *thread, uint32_t id,
                   const uint64_t argument[3], uint64_t caller, uint64_t cfa);
void sw_park_end(struct sw_call *call);

/* Is the thread parked now, as far as it is known? For the watchdog. */
static inline bool sw_park_is_parked(struct sw_thread *thread)
{
    uint32_t sequence = atomic_load(&thread->sequence);
    if (!(sequence & 1))
        return false;
    if (thread->note.is_wait == SW_NOTE_PARKED)
        return true;
    uint32_t site = thread->park_site;
    return thread->park_sequence == sequence && site != 0 && site <= SW_PARK_SITES &&
           atomic_load(&thread->parks[site - 1].verdict) == SW_PARK_YES;
}

#define SW_PARK_BEGIN(call, call_id, a, b, c)                                                      \
    do {                                                                                           \
        struct sw_thread *parking_ = sw_thread_self;                                               \
        uint64_t cfa_ = (uint64_t)(uintptr_t)__builtin_dwarf_cfa();                                \
        (call).thread = NULL;                                                                      \
        if (sw_call_wanted(parking_, cfa_)) {                                                      \
            const uint64_t arguments_[3] = {(uint64_t)(a), (uint64_t)(b), (uint64_t)(c)};          \
            SW_NOTE_REGISTERS(&parking_->note.registers);                                          \
            sw_park_begin(&(call), parking_, (call_id), arguments_,                                \
                          (uint64_t)(uintptr_t)__builtin_return_address(0), cfa_);                 \
        }                                                                                          \
    } while (0)

#define SW_PARK_END(call)                                                                          \
    do {                                                                                           \
        if (SW_UNLIKELY((call).thread != NULL))                                                    \
            sw_park_end(&(call));                                                                  \
    } while (0)

#endif
