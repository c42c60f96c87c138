/*
 * Suppressions: rules that say which stalls are known and do not count, one a line, KIND:GLOB with
 * an optional max_ms=N behind it. '#' begins a comment where a line begins, or behind a space (C++
 * has names with a '#' in them).
 *
 * Used on the watchdog thread of a watched program (STALLWATCH_SUPPRESSIONS) and by `stallwatch
 * report`. Pure: memory from the caller's arena, no output; bad lines become lines for the caller
 * to say.
 */
#ifndef SW_COMMON_SUPPRESSIONS_H
#define SW_COMMON_SUPPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/text.h"

enum sw_suppress_kind {
    SW_SUPPRESS_FUNCTION,
    SW_SUPPRESS_FILE,
    SW_SUPPRESS_MODULE,
    SW_SUPPRESS_CALL,
    SW_SUPPRESS_CAUSE,
    SW_SUPPRESS_THREAD,
    SW_SUPPRESS_SIGNATURE,
    SW_SUPPRESS_KINDS
};

struct sw_suppression {
    enum sw_suppress_kind kind;
    const char *glob;
    const char *text; /* the rule as it was written */
    const char *file; /* where */
    unsigned line;
    uint64_t max_ns;  /* 0: stalls of any length */
    uint64_t matched; /* how many stalls so far */
    struct sw_suppression *next;
};

struct sw_suppressions {
    struct sw_arena *arena;
    struct sw_suppression *first, **last;
    unsigned count;
};

struct sw_suppress_frame {
    const char *function, *file, *module; /* NULL: not known */
};

/* What of a stall the rules look at; strings may be NULL. */
struct sw_suppress_facts {
    const char *call, *cause, *thread;
    uint64_t signature;
    uint64_t duration_ns;
    /* Frame `index` of the main stack, innermost first; false past its end. */
    bool (*frame_at)(const void *context, size_t index, struct sw_suppress_frame *frame);
    const void *context;
};

/* No rules yet; those that are parsed live in `arena`. */
void sw_suppressions_start(struct sw_suppressions *rules, struct sw_arena *arena);
/* Adds the rules in `bytes`. A line that is none is skipped, with a line for people in `problems`:
 * file, number, what was expected. Returns the number of bad lines; -ENOMEM where the arena is
 * full (rules before it stay). */
int sw_suppressions_parse(struct sw_suppressions *rules, const char *file, const char *bytes,
                          size_t length, struct sw_text *problems);
/* The first rule that matches, which counts it; NULL. */
struct sw_suppression *sw_suppressions_match(struct sw_suppressions *rules,
                                             const struct sw_suppress_facts *facts);

#endif
