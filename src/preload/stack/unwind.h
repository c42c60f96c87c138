/*
 * A stack from registers and a copy of stack bytes, with libunwind's remote interface over
 * memory.h.
 *
 * libunwind-x86_64.so.8 is loaded with dlopen(RTLD_LOCAL) from the watchdog thread when the first
 * loop has been found, so that its _Unwind_* never come before libgcc's. Its local mode
 * (unw_init_local, unw_backtrace) is never used: it opens pipes, takes the loader's lock and loads
 * with plain loads. Without it: return addresses along rbp, as far as they hold. Watchdog thread
 * only.
 */
#ifndef SW_STACK_UNWIND_H
#define SW_STACK_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/machine/machine.h"

#define SW_UNWIND_FRAMES 256

struct sw_module;

/*
 * The copy begins SW_MACHINE_RED_ZONE bytes below SP (which signal frames leave alone) where there
 * are so many: on x86-64, between `pop %rbp` and `ret` the tables still say that rbp is saved
 * there. What is not in the copy is not taken for stack; but where the copy had to end before the
 * stack does (`cut`: a function keeps much in its frame), words further out are read where they are
 * when they are wanted: they belong to functions that have not returned.
 */
struct sw_unwind_input {
    uint64_t reg[SW_REGISTERS];
    uint64_t known;    /* SW_REG_BIT of each register that is (a thread inside a system call shows
                          only SP and PC) */
    bool exact;        /* PC is the very instruction (a signal's context), not a return address */
    const void *stack; /* copy of the stack's bytes from stack_low on */
    uint64_t stack_low;
    size_t stack_size;
    bool cut;
};

struct sw_unwind_frame {
    uint64_t ip;       /* of frame 0 exact where the input was; else a return address */
    uint64_t cfa;      /* 0: of the outermost, and where the walk had to end */
    uint64_t function; /* start of the function by its unwind table, 0 where there is none */
    bool exact; /* ip is an instruction that was about to run, not a return address (frame 0, signal
                   frames) */
};

struct sw_unwind_stack {
    unsigned count;
    bool complete; /* reached the thread's first frame */
    struct sw_unwind_frame frame[SW_UNWIND_FRAMES];
};

/* Loads libunwind; once, on the watchdog thread. 0, or -ENOENT with `why` (a line's worth) filled
 * in: the rbp walk is used. */
int sw_unwind_start(char *why, size_t why_size);
/* From now on code of this module that its tables leave out is followed along rbp, as code in no
 * module is: a runtime's that was compiled ahead by its own compiler (V8's builtins). A few modules
 * at the most. */
void sw_unwind_trust_frame_pointers(const struct sw_module *module);
/* Unwinds; never faults, always ends. An empty stack where even frame 0 makes no sense. */
void sw_unwind_run(const struct sw_unwind_input *input, struct sw_unwind_stack *stack);

#endif
