/*
 * From the samples of one iteration to what reports show: stacks grouped with their shares, lines
 * from the helper, and the signature. Watchdog thread; memory from the capture's arena.
 */
#ifndef SW_WATCH_STACKS_H
#define SW_WATCH_STACKS_H

#include "preload/stall.h"
#include "preload/watch/linkage.h"

struct sw_stacks {
    unsigned count;
    struct sw_stack *stacks; /* most samples first */
    uint64_t signature;
    struct sw_stack other; /* of the sample `other`; count 0: none */
    const char *top; /* "function file:line" of the innermost frame that is the program's; NULL */
};

/* `key` is the call's name or "cpu"; `program` the program's base name. `other` is a sample of
 * another thread, or NULL: not part of the signature. The helper is waited for `timeout_ms` at most
 * (nor asked, where that is 0). */
void sw_stacks_build(const struct sw_watch *watch, const struct sw_unwind_stack *base,
                     const struct sw_sample *other, const char *program, const char *key,
                     unsigned timeout_ms, struct sw_stacks *result);

#endif
