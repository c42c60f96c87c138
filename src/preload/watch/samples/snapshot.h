/*
 * One look at a thread's stack, from outside where it is blocked in a call, by the sampler where it
 * runs. Watchdog thread.
 */
#ifndef SW_WATCH_SNAPSHOT_H
#define SW_WATCH_SNAPSHOT_H

#include "preload/watch/kept/watch.h"

/* Takes one and unwinds it into `sample` (stack, sequence, call_id). 0, or a negative errno where
 * none could be had now (the thread moved on, blocks signals, …). `view` is what the kernel said of
 * the thread just now. */
int sw_snapshot_take(struct sw_thread *thread, struct sw_watch *watch,
                     const struct sw_syscall_view *view, struct sw_sample *sample);
/* The same of any thread of the process, without harm to it: from outside where it is blocked; one
 * that runs is asked by a signal only if it has a record of ours, or if it is `quiet`: if it has
 * not gone into any blocking call for a good while. `bounds` are those of its stack where known,
 * else zeros. 0 or a negative errno. */
int sw_snapshot_take_other(int tid, bool quiet, struct sw_stack_bounds *bounds,
                           struct sw_sample *sample);
/* The same of a thread that is blocked in the kernel, by what that says of it alone. -EBUSY: it is
 * not. */
int sw_snapshot_take_blocked(int tid, struct sw_sample *sample);
/* What the wait of a loop, in which its thread is now, runs of a language. False: it is not in it
 * (any more). */
bool sw_snapshot_language_of_wait(struct sw_thread *thread, struct sw_language_stack *language);
/* What a thread that cannot be asked runs of a language: no native frames. False: nothing known. */
bool sw_snapshot_take_language(int tid, struct sw_sample *sample);
/* The stack of the loop's wait as its thread copied it. */
void sw_snapshot_unwind_base(const struct sw_base_stack *base, struct sw_unwind_stack *stack);

#endif
