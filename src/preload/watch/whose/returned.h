/*
 * Has the loop's function returned? Told from the stack of its wait (the base) and a sample of the
 * iteration in question. Watchdog thread; called by ownership.c at the moment of suspicion.
 *
 * The innermost frame F that both have called the wait in one place (A) and is now in another (B),
 * or deeper inside of the loop's function.
 *
 *   - A can be reached from B: F is the loop, or turns it. It holds.
 *   - It cannot, and one of the frames that led from F to the wait goes in a circle by itself: that
 *     was the loop's function, and it has returned (uv_run, then clean-up in main).
 *   - It cannot, and none does: it holds if B leads to another wait of the kind (wait; handle;
 *     wait), or if somebody outside of F calls again and again (run_once { wait; handle; }).
 *
 * Only the code is asked, not the names in it, so that it works for any program's own loop.
 */
#ifndef SW_WATCH_RETURNED_H
#define SW_WATCH_RETURNED_H

#include <stdbool.h>

#include "preload/stack/unwind.h"

/* Do both begin with the same frame, and are they whole? Else nothing can be told from them (a
 * fiber's stack). */
bool sw_returned_comparable(const struct sw_unwind_stack *stack,
                            const struct sw_unwind_stack *base);
/* Only for stacks that are comparable; false for others. */
bool sw_returned(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base);
/* The same of a later wait's stack, where a function that is there twice is another call of it: a
 * program that turns two loops one after the other does so by one function. `base` has to be of the
 * last wait of its loop. */
bool sw_returned_before(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base);
/* Does the innermost frame that both share come back to the wait, with no other loop on the way to
 * it (while (…) g_main_context_iteration(…))? */
bool sw_returned_is_turned(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base);
/* The first of the base's frames that waits for itself: not the wrapper's, nor a function that the
 * table of parks says `through` of, nor what that has called. Its count: none does. */
unsigned sw_returned_waiter(const struct sw_unwind_stack *base);
/* What the frames of the base do that are inside of its frame `in_base`, around the wait,
 * from sw_returned_waiter on. */
enum sw_returned_inside {
    SW_RETURNED_WAITS, /* wait, and try again */
    SW_RETURNED_WORKS, /* something else when that is over */
    SW_RETURNED_TURNS  /* ... and go in a circle with it: the loop is in there */
};
enum sw_returned_inside sw_returned_inside(const struct sw_unwind_stack *base, unsigned in_base);
/* Is it an interpreter, whose frames are the same whatever function of its language runs? */
bool sw_returned_is_interpreter(uint64_t ip);
/* ... or a module of its language's that waits for others? Python's own wrapper of a wait
 * (select.cpython-…) goes round only when a signal has ended it, however much it does then (PEP
 * 475): that is no loop. */
bool sw_returned_is_interpreters_wait(uint64_t ip);
/* Is it Perl, itself or its library? */
bool sw_returned_is_perl(uint64_t ip);
/* Is it Ruby's library? That waits for all of the language, in a circle around signals and other
 * threads (do_select), and sleeps in a poll of a descriptor of its own, which is in each of its
 * selects as well (native_ppoll_sleep). */
bool sw_returned_is_ruby(uint64_t ip);

#endif
