/*
 * Are the stacks that a thread's loops are known by still theirs? A loop is often turned in one
 * function first and in another later, from the same depth: connecting, then serving. Watchdog
 * thread; called at each pass, by look.c.
 */
#ifndef SW_WATCH_BASES_H
#define SW_WATCH_BASES_H

#include "preload/watch/kept/watch.h"

/* Looks at the wait of loop `index` that the thread is in: where its stack is not the one that is
 * known, the thread is asked for that of its next wait. Some reads of its stack; nothing on the
 * thread itself. */
void sw_bases_look(struct sw_thread *thread, const struct sw_watch *watch, unsigned index);
/* For each loop that has just been found (watch->fresh) inside an iteration of another one: where
 * the function that turned that one has returned by the first wait of this, or waits for this now,
 * it is over; or both take turns. What it has left is to have been told. */
void sw_bases_compare(struct sw_thread *thread, struct sw_watch *watch);

#endif
