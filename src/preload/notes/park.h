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
 * A thread that is in no iteration may still have parked for a loop: see park_member.h. A verdict
 * that comes while the call goes on holds for it as well. Loop thread; slow only where a place is
 * first seen, which happens a bounded number of times in a thread's life.
 */
#ifndef SW_NOTES_PARK_H
#define SW_NOTES_PARK_H

#include "preload/notes/call.h"
#include "preload/notes/park_member.h"
#include "preload/notes/process.h"

/* The thread's site of such a place, NULL: there is none; and a new one, with a copy of the stack
 * from the noted registers on for the watchdog to judge where it is not known. NULL: no room. The
 * thread's own. */
struct sw_park_site *sw_park_find(struct sw_thread *thread, const struct sw_park_place *place);
struct sw_park_site *sw_park_add(struct sw_thread *thread, const struct sw_park_place *place,
                                 enum sw_park_verdict verdict);

/* Registers are noted already. */
void sw_park_begin(struct sw_call *call, struct sw_thread *thread, uint32_t id,
                   const uint64_t argument[3], const struct sw_park_place *place);
void sw_park_end(struct sw_call *call);

/* May threads that were in no iteration have parked for a loop? */
static inline bool sw_park_matters(void)
{
    const struct sw_process *process = sw_process;
    return process != NULL && atomic_load_explicit(&process->parks_matter, memory_order_relaxed);
}

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

/* `on`, `with`: the object that is waited on, and its mutex or 0. */
#define SW_PARK_PLACE(on, with, between)                                                           \
    {                                                                                              \
        (uint64_t)(uintptr_t) __builtin_return_address(0),                                         \
            (uint64_t)(uintptr_t)__builtin_dwarf_cfa(), (uint64_t)(on), (uint64_t)(with),          \
            (between), false                                                                       \
    }

#define SW_PARK_BEGIN(call, call_id, on, with, a, b, c)                                            \
    SW_PARK_BEGIN_AT(call, call_id, SW_PARK_PLACE(on, with, false), a, b, c)

/* A lock of several processes: they may take turns under it at what they wait for. */
#define SW_PARK_BEGIN_BETWEEN(call, call_id, lock)                                                 \
    SW_PARK_BEGIN_AT(call, call_id, SW_PARK_PLACE((uintptr_t)(lock), 0, true), (uintptr_t)(lock),  \
                     0, 0)

/* A lock that is known to be one that they take turns under (turn.h). */
#define SW_PARK_BEGIN_TURN(call, call_id, lock, id)                                                \
    do {                                                                                           \
        struct sw_park_place turn_place_ = SW_PARK_PLACE((lock), 0, true);                         \
        turn_place_.takes_turn = true;                                                             \
        SW_PARK_BEGIN_AT(call, call_id, turn_place_, (id), 0, 0);                                  \
        (call).pointers = false;                                                                   \
    } while (0)

#define SW_PARK_BEGIN_AT(call, call_id, place, a, b, c)                                            \
    do {                                                                                           \
        struct sw_thread *parking_ = sw_thread_self;                                               \
        (call).thread = NULL;                                                                      \
        if (sw_call_wanted(parking_, (uint64_t)(uintptr_t)__builtin_dwarf_cfa())) {                \
            const uint64_t arguments_[3] = {(uint64_t)(a), (uint64_t)(b), (uint64_t)(c)};          \
            const struct sw_park_place place_ = place;                                             \
            SW_NOTE_REGISTERS(&parking_->note.registers);                                          \
            sw_park_begin(&(call), parking_, (call_id), arguments_, &place_);                      \
        }                                                                                          \
    } while (0)

#define SW_PARK_END(call, on, with)                                                                \
    do {                                                                                           \
        if (SW_UNLIKELY((call).thread != NULL))                                                    \
            sw_park_end(&(call));                                                                  \
        else if (SW_UNLIKELY(sw_park_matters()))                                                   \
            SW_PARK_RETURNED(on, with);                                                            \
    } while (0)

#define SW_PARK_RETURNED(on, with)                                                                 \
    do {                                                                                           \
        struct sw_noted_registers here_;                                                           \
        const struct sw_park_place place_ = SW_PARK_PLACE(on, with, false);                        \
        SW_NOTE_REGISTERS(&here_);                                                                 \
        sw_park_returned(&here_, &place_);                                                         \
    } while (0)

#endif
