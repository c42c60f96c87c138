/*
 * A human's view of a call's arguments: "500 ms", "/var/lib/x.db", "db.internal:5432". What a
 * descriptor is, is asked of /proc here, by the watchdog, when it is wanted. Watchdog thread.
 */
#ifndef SW_WATCH_DETAIL_H
#define SW_WATCH_DETAIL_H

#include "common/text.h"
#include "preload/notes/thread.h"
#include "preload/watch/kernel/account.h"

/* Of the call that a thread is in: pointers are read with reads that cannot fault. An empty text:
 * nothing to say. */
void sw_detail_of_note(struct sw_text *text, const struct sw_note *note);
/* Of the longest call of a slot that has returned. */
void sw_detail_of_slot(struct sw_text *text, uint32_t id, const struct sw_call_slot *slot);
/* Of one cell of a slot: what of all that the call was on took most. */
void sw_detail_of_cell(struct sw_text *text, uint32_t id, const struct sw_call_cell *cell);
/* Of a system call that no wrapper noted, in which the thread has been blocked since `since`
 * (ticks). Empty where the call is like no wrapped one. detail_syscall.c */
void sw_detail_of_syscall(struct sw_text *text, const struct sw_syscall_view *view, uint64_t since);

#endif
