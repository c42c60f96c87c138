/*
 * Is the thread between two runs of its loop? A worker waits for a job, runs an event loop of its
 * own for it, and waits for the next one. Asked of the innermost frame F that the loop's wait and
 * the stack in question share, where that comes back to the wait: it does so too where F is the
 * loop and calls back.
 *
 *   - F may come to where it is now before it comes to the loop: what a loop calls back, it calls
 *     when it has waited.
 *   - The loop goes in a circle inside of what F calls; or inside of F, by a way that does not lead
 *     by a call which F makes each time before it comes to the loop, on its way to where it is now.
 *   - It waits for somebody there: for a condition, a connection, a message. All the calls that
 *     lead there say which function they are of: loops call back by pointers.
 *
 * Then whatever F does outside of the loop is no stall of that, from now on. Watchdog thread;
 * called by ownership.c at the moment of suspicion.
 */
#ifndef SW_WATCH_JOBS_H
#define SW_WATCH_JOBS_H

#include "preload/watch/kept/watch.h"

/* `base`: the stack of the loop's wait. */
bool sw_jobs_between(struct sw_watch *watch, const struct sw_sample *sample,
                     const struct sw_unwind_stack *base);

#endif
