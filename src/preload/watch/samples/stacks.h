/*
 * From the samples of one iteration to what reports show: stacks grouped with their shares, the
 * signature, and lines once the helper has answered. Watchdog thread; memory from the capture's
 * arena.
 */
#ifndef SW_WATCH_STACKS_H
#define SW_WATCH_STACKS_H

#include "preload/report/helper.h"
#include "preload/stall.h"
#include "preload/watch/samples/linkage.h"

struct sw_stacks {
    unsigned count;
    struct sw_stack *stacks; /* most samples first */
    uint64_t signature;
    struct sw_stack other; /* of the sample `other`; count 0: none */
    const char *top; /* "function file:line" of the innermost frame that is the program's; NULL */
    /* What the lines are asked with: its count, questions and answers are set; 0: nothing to ask.
     */
    struct sw_helper_talk talk;
    unsigned asked; /* of `groups`: those of stacks[], then other's */
    struct sw_stacks_group *groups;
};

/* `key` is the call's name or "cpu"; `program` the program's base name. `other` is a sample of
 * another thread, or NULL: not part of the signature. What is built has functions by their symbols,
 * and no lines. `base_language`: what the loop's wait
 * runs of a language, or NULL. */
void sw_stacks_build(const struct sw_watch *watch, const struct sw_unwind_stack *base,
                     const struct sw_language_stack *base_language, const struct sw_sample *other,
                     const char *program, const char *key, struct sw_stacks *result);
/* Is a frame of a language from a library of it, not from the program? */
bool sw_frame_is_librarys(const struct sw_frame *frame);
/* Writes the frames anew, with what `talk` has been answered: lines, inlined functions. Memory from
 * `arena`, in which the rest is. */
void sw_stacks_lines(struct sw_stacks *stacks, struct sw_arena *arena);

#endif
