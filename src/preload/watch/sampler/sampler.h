/*
 * A sample of a running thread: it copies its own registers and stack in a signal handler, since
 * the watchdog cannot see them from outside.
 *
 * A thread inside a wrapped call is never signalled (a signal would end the call with EINTR,
 * SA_RESTART or not: signal(7)). The request goes idle → asked → sending → idle by
 * compare-and-swap. The thread's entry into a call takes an `asked` back, and lets a `sending`
 * arrive; between `asked` and the look at `sequence` the watchdog has membarrier(2), so that either
 * the entry sees the request or the watchdog sees the call. tests/model/handshake.pml has it as a
 * model that is checked.
 */
#ifndef SW_WATCH_SAMPLER_H
#define SW_WATCH_SAMPLER_H

#include <stdbool.h>

#include "preload/notes/thread.h"
#include "preload/stack/unwind.h"
#include "preload/watch/sampler/stack_bounds.h"

/* Takes a free real-time signal (or the one asked for), installs the handler, registers for
 * membarrier. The watchdog, or the thread that starts it; false: running threads cannot be sampled,
 * and reports say so by having no stacks. */
bool sw_sampler_start(int asked_signal);
/* A full memory barrier in every running thread of the process: what each has stored before is seen
 * after this, and what this thread has stored before is seen by each after it (membarrier(2)).
 * False: none can be had. Watchdog thread. */
bool sw_sampler_fence(void);
/* From now on a sampled thread stands still in its handler until sw_sampler_let_go is called,
 * `most_ns` at most, so that what its stack does not hold can be read meanwhile; 0: it goes on at
 * once. */
void sw_sampler_stand_still(uint64_t most_ns);
/* Lets the thread of the last sample go on. True: it has stood still until now. */
bool sw_sampler_let_go(void);
/* Samples `thread`, which was seen outside of wrapped calls and running, in the iteration that
 * began at `began` (ticks; 0 outside of one). The stack's bytes stay valid until the next sample;
 * `*ticks` is when it was taken: an answer to an earlier question that came late is as good. 0;
 * -EBUSY: it entered a call first, or the iteration ended; -EAGAIN: it has not answered yet;
 * -EPERM: it blocks the signal or there is none; -EFAULT: its stack pointer was outside of `bounds`
 * (the registers are there, stack_size is 0). Watchdog thread. */
int sw_sampler_take(struct sw_thread *thread, const struct sw_stack_bounds *bounds, uint64_t began,
                    struct sw_unwind_input *input, uint64_t *ticks);
/* The same for a thread that has no record, so that nothing tells whether it is about to enter a
 * call: only for one that has given up no CPU of its own will for a good while
 * (sw_account_switches). Watchdog thread. */
int sw_sampler_take_other(int tid, const struct sw_stack_bounds *bounds,
                          struct sw_unwind_input *input, uint64_t *ticks);

#endif
