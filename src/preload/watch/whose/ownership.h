/*
 * Is the iteration in progress really the loop's, at the moment of suspicion? Compares stacks; on
 * the watchdog's time.
 *
 *   - The loop's function has returned (returned.h): none of the frames of its wait are there any
 *     more, but for the thread's entry. The loop has been left without closing its descriptor.
 *   - The thread waits on another loop that takes turns with this one: then neither's idling is the
 *     other's stall (nested.h).
 */
#ifndef SW_WATCH_OWNERSHIP_H
#define SW_WATCH_OWNERSHIP_H

#include "preload/watch/kept/watch.h"

enum sw_ownership {
    SW_OWNERSHIP_HOLDS,
    SW_OWNERSHIP_LEFT,  /* its function has returned, or another loop has taken its place */
    SW_OWNERSHIP_TURNS, /* grouped with the loop that the thread waits on now */
    SW_OWNERSHIP_UNSURE /* the loop's next wait will tell whether its function is there */
};

/* The stack of the last wait of loop `index`, unwound once for each place that it waits from; NULL
 * where it is not to be had. */
const struct sw_unwind_stack *sw_ownership_base(struct sw_thread *thread, struct sw_watch *watch,
                                                unsigned index);
/* Takes the stack that the thread parks in for that of the loop's wait, while it has only parked.
 */
void sw_ownership_give_base(struct sw_watch *watch, unsigned index, const struct sw_loop *loop,
                            const struct sw_unwind_stack *stack);
/* Is it a frame of the wrapper, of libc or of the C++ library? They wait for whoever called them.
 */
bool sw_ownership_is_transparent(const struct sw_unwind_frame *frame);
/* The first frame of a wait's stack that is none of those; its count: there is none. */
unsigned sw_ownership_first(const struct sw_unwind_stack *stack);
/* What that wait runs of a language; NULL: not known. */
const struct sw_language_stack *sw_ownership_language(const struct sw_thread *thread,
                                                      const struct sw_watch *watch, unsigned index);
/* Reads that, once for each place that the loop waits from, while the thread waits. */
void sw_ownership_read_language(struct sw_thread *thread, struct sw_watch *watch, unsigned index);
/* Where it has not been read yet: asks the thread to wake the watchdog as its next wait begins (a
 * wait may be over before the watchdog comes by itself). False: there is nothing to ask for. */
bool sw_ownership_want_language(struct sw_thread *thread, struct sw_watch *watch, unsigned index);
/* Asks the thread for the stack of the loop's next wait where that of the last one is not known. */
void sw_ownership_want_base(struct sw_thread *thread, const struct sw_watch *watch, unsigned index);
/* `sample`: a stack of the iteration in question, or NULL. Sets the loop's state or group where the
 * answer is not `holds`. */
enum sw_ownership sw_ownership_judge(struct sw_thread *thread, struct sw_watch *watch,
                                     const struct sw_sample *sample);

#endif
