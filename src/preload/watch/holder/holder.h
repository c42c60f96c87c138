/*
 * Who holds what a stalled loop waits for: looked up while the stall goes on, and kept for its
 * record, since at its end the lock is free. Watchdog thread.
 */
#ifndef SW_WATCH_HOLDER_H
#define SW_WATCH_HOLDER_H

#include "preload/stall.h"
#include "preload/watch/kept/watch.h"

#define SW_HELD_COMMAND 512

/* The holder of what one call waited for: of the longest such call of the iteration. */
struct sw_held {
    uint64_t key;     /* of the call, among those of the iteration; 0: nothing yet */
    uint64_t span;    /* ticks that it was seen to last */
    const char *call; /* its name */
    enum sw_holder_what what;
    int tid; /* 0: nobody that is known */
    char name[17];
    char command[SW_HELD_COMMAND]; /* of a process; empty: not known */
    struct sw_sample sample;       /* its stack; count 0: none */
    char deadlock[512];            /* empty: there is none */

    /* How the stack was got at. */
    uint64_t sampled_span;
    uint64_t switches; /* of the holder, at the last look that it was the holder at */
    struct sw_stack_bounds bounds;
    uint64_t searched_span; /* `span` at the last search for a process at the other end, which takes
                               long: again only when that has doubled (it may accept late) */
};

/* Is its stack known, or at least what it runs of a language? */
static inline bool sw_held_has_stack(const struct sw_held *held)
{
    return held->sample.stack.count > 0 || held->sample.language.count > 0;
}

/* At the beginning of an iteration: nothing is known. */
void sw_holder_forget(struct sw_watch *watch);
/* One look at what the thread waits for; `view` is what the kernel says of it where it is in no
 * wrapped call. */
void sw_holder_note(struct sw_thread *thread, struct sw_watch *watch,
                    const struct sw_syscall_view *view, uint64_t now);
/* What is known of the call named `call`; NULL: nothing. */
const struct sw_held *sw_holder_of(const struct sw_watch *watch, const char *call);

#endif
