/*
 * Which calls two stacks of one thread have in common: the stack of a loop's wait and one of its
 * iteration, mostly. Watchdog thread.
 */
#ifndef SW_WATCH_COMMON_FRAMES_H
#define SW_WATCH_COMMON_FRAMES_H

#include <stdbool.h>

#include "preload/stack/unwind.h"

/* The same call: the same function (its part in .cold too) in the same place of the stack. */
bool sw_common_frame(const struct sw_unwind_frame *one, const struct sw_unwind_frame *other);
/* The innermost frames that `stack` and `base` share. False: none. */
bool sw_common_frames(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base,
                      unsigned *in_stack, unsigned *in_base);
/* How many of the outermost frames of `stack` are the innermost shared one and what is outside of
 * it; 0: none is shared. */
unsigned sw_common_frames_count(const struct sw_unwind_stack *stack,
                                const struct sw_unwind_stack *base);

#endif
