/*
 * The calls of one iteration, added up: from the slots that its thread left behind, or live while
 * it goes on. Watchdog thread.
 */
#ifndef SW_WATCH_TOTALS_H
#define SW_WATCH_TOTALS_H

#include "preload/stall.h"
#include "preload/watch/kept/watch.h"

struct sw_totals {
    uint64_t blocking, waiting, lock, gil; /* ticks, by what they speak for */
    uint64_t unserved;                     /* until another thread got a CPU, see unserved.h */
    uint64_t asked_ns;                     /* by sleeps that came to their end, see asked.h */
    unsigned count;                        /* of calls[], longest total first */
    struct sw_call_total calls[SW_CALL_SLOTS + 1 + SW_WATCH_OUTSIDE];
};

/* Of an iteration that has ended, with details from the capture's arena. */
void sw_totals_of_ended(const struct sw_watch *watch, const struct sw_ended *ended,
                        struct sw_totals *totals);
/* Of the one in progress at `now` (ticks), with the call that the thread is in. */
void sw_totals_live(const struct sw_thread *thread, const struct sw_watch *watch, uint64_t now,
                    struct sw_totals *totals);
/* How long one kind of call has waited for a lock that a language's threads take turns by, ticks.
 */
uint64_t sw_totals_turns(const struct sw_call_slot *slot);
/* Keeps the detail of the call that the thread is in at `now` (ticks), while it can be seen. */
void sw_totals_note_detail(struct sw_thread *thread, struct sw_watch *watch, uint64_t now);
/* Adds what was seen of an unwrapped system call between two looks. */
void sw_totals_note_outside(struct sw_watch *watch, const struct sw_syscall_view *view,
                            uint64_t now);
/* The iteration has ended at `ended` (ticks), and its thread has hardly computed since the last
 * look: an unwrapped call that it was found in then went on to the end. */
void sw_totals_end_outside(struct sw_watch *watch, uint64_t ended);

#endif
