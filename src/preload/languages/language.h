/*
 * A language whose functions a native stack does not show, as a row of a table: the interface that
 * each of languages/ implements. Data and function types only; see languages.h for who calls them.
 *
 * What a row does runs on the watchdog thread, while the thread that it looks at stands still (in a
 * call, or in the sampler's handler for a fraction of a millisecond): it reads the runtime's
 * structures through stack/memory.h, calls nothing of the runtime and allocates nothing. What it
 * reads may be garbage all the same: every pointer, count and string is checked, and where
 * something makes no sense the stack ends there.
 */
#ifndef SW_LANGUAGES_LANGUAGE_H
#define SW_LANGUAGES_LANGUAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/languages/pool.h"
#include "preload/stack/flow.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind.h"
#include "preload/stall.h"

#define SW_LANGUAGE_FRAMES 192
#define SW_LANGUAGE_ALONE  UINT16_MAX
#define SW_LANGUAGE_OUTER  4 /* coroutines */

struct sw_language_frame {
    const char *function,
        *file;       /* of intern.h: they live as long as the process; NULL: not known */
    uint32_t line;   /* 0: not known */
    bool inlined;    /* into the next one, by a compiler */
    uint16_t native; /* the native frame that runs it, as an index into the unwound stack */
    uint64_t anchor; /* an address in the native frame that runs it; 0: not known */
    uint64_t code;   /* what it runs, as its row knows it, and how far it is; 0: not known */
    uint32_t at;
};

/* The frames of one thread, innermost first. */
struct sw_language_stack {
    enum sw_lang lang;
    uint16_t count;
    bool complete; /* the outermost frame is there */
    bool torn; /* it was being changed just then: what there is is not right, and another look is
                  better */
    bool anchored; /* each frame has an anchor, as far as it was found */
    /* The outermost ones that the thread is in, from outside, where the language has such; 0. */
    uint64_t coroutine[SW_LANGUAGE_OUTER];
    struct sw_language_frame frame[SW_LANGUAGE_FRAMES];
};

struct sw_language {
    enum sw_lang lang;
    /* Is this module the runtime? Asked once of each module that is met in a stack; the row keeps
     * what it needs of it. */
    bool (*recognise)(const struct sw_module *module);
    /* It finds its frames by the native ones: these are unwound first, while the thread stands
     * still. */
    bool by_native;
    /* Fills in the frames of thread `tid`, which stands still with these registers and this copy of
     * its stack. `native` is its stack where some present row is `by_native`, else empty. No
     * frames: count 0. */
    void (*capture)(int tid, const struct sw_unwind_input *input,
                    const struct sw_unwind_stack *native, struct sw_language_stack *stack);
    /* Fills in `native` of each frame when the stack has been unwound. NULL: by the anchors. False:
     * they do not fit together. */
    bool (*place)(const struct sw_unwind_stack *native, struct sw_language_stack *stack);
    /* Is the condition variable at `address` the one that threads of this language wait for when
     * another runs? NULL: it has none. */
    bool (*is_lock)(uint64_t address);
    /* The thread that runs while `tid` waits for that; 0: none that is known. */
    int (*holder)(int tid);
    /* Can `to`, a call of the same code as `from`, be reached when that has returned? NULL: nobody
     * knows. */
    enum sw_flow (*flow)(const struct sw_language_frame *from, const struct sw_language_frame *to);
    /* Is a native frame of this module (NULL: of code that was compiled at run time) only the
     * runtime at work, to be left out of texts? `symbol` may be NULL. */
    bool (*is_machinery)(const struct sw_module *module, const char *symbol);
    /* How many of the outermost frames are those in which the runtime's own event loop waits and
     * calls callbacks from, as far as their names tell. NULL: it has none. */
    unsigned (*loop_frames)(const struct sw_language_stack *stack);
    /* What the runtime calls what the thread works on, as far as `stack` tells. False: nothing.
     * NULL: it has no such names. The thread may be going on. */
    bool (*label)(const struct sw_unwind_input *input, const struct sw_language_stack *stack,
                  char *label, size_t size);
    /* Its pools of threads, behind the `count` that `views` has; how many there are then, `most` at
     * the most. NULL: it has none of its own. */
    unsigned (*pools)(struct sw_pool_view *views, unsigned count, unsigned most);
};

/* Finds the native frame of each by its anchor. Frames that lie outside of what could be unwound
 * stand behind it, in their order. False: none was found. */
bool sw_languages_place_by_anchors(const struct sw_unwind_stack *native,
                                   struct sw_language_stack *stack);

extern const struct sw_language sw_language_python, sw_language_v8;

#endif
