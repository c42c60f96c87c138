/*
 * Frames by their linkage: module and function as the linker knows them, from symbol tables alone.
 * What signatures are made of, and what the helper is asked about. Watchdog thread.
 */
#ifndef SW_WATCH_LINKAGE_H
#define SW_WATCH_LINKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "preload/stack/modules.h"
#include "preload/watch/kept/watch.h"

struct sw_linked_frame {
    struct sw_module *module; /* NULL: in no file */
    const char *symbol;       /* as linked; NULL: none */
    uint64_t address;         /* the file's own; of the call, not of the return behind it */
    uint64_t start;           /* of the function, the file's own; 0: not known */
    bool call;         /* stands for the wrapped call: the real function in place of our wrapper */
    bool machinery;    /* a language's runtime at work for the frames of that language */
    enum sw_lang lang; /* of a language's frame: `symbol` is its function, and there is no module */
    const char *file;
    uint32_t line;
    bool inlined;
};

struct sw_linked_stack {
    unsigned count;
    unsigned loop; /* how many of the outermost are the loop's own and what is outside of it */
    bool complete;
    struct sw_linked_frame *frame; /* innermost first */
};

/* Links the frames of a sample. `base` and `base_language`: the stack of the
 * loop's wait, or NULL. The frames come from
 * `arena`; -ENOMEM leaves an empty stack. */
int sw_linkage_of(const struct sw_sample *sample, const struct sw_unwind_stack *base,
                  const struct sw_language_stack *base_language, struct sw_arena *arena,
                  struct sw_linked_stack *stack);
/* Are two frames in the same function of the same module? */
bool sw_linkage_same(const struct sw_linked_frame *one, const struct sw_linked_frame *other);

#endif
