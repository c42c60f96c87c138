/*
 * One step outwards, in the two ways there are: by the unwind tables (unwind_libunwind.c) and along
 * the frame pointer (ARCHITECTURE/frame_pointer.c). unwind.c chooses. Watchdog thread only.
 */
#ifndef SW_STACK_UNWIND_STEP_H
#define SW_STACK_UNWIND_STEP_H

#include "preload/stack/unwind.h"

/* A frame as it is known on the way. Only registers whose bit is set in `known` mean anything. */
struct sw_unwind_state {
    const struct sw_unwind_input *input;
    uint64_t reg[SW_REGISTERS];
    uint64_t known;
    bool exact; /* rip is an instruction about to run */
};

/* The word at `address` of the copied stack. Nothing else is taken for stack, since memory outside
 * of the copy may have changed; but for what is further out than a copy that was cut. 0, or
 * -EFAULT. */
int sw_unwind_word(const struct sw_unwind_input *input, uint64_t address, uint64_t *word);
/* Where the stack ends, as far as it may be followed. */
uint64_t sw_unwind_end_of_stack(const struct sw_unwind_input *input);
/* Is there code: a module, or an executable mapping (JIT)? */
bool sw_unwind_is_code(uint64_t address);
/* Is the module one of those of sw_unwind_trust_frame_pointers? */
bool sw_unwind_trusts(const struct sw_module *module);
bool sw_unwind_knows(const struct sw_unwind_state *state, enum sw_register reg);

/*
 * Steps without tables. Where frame 0 stands at an instruction that tells where the return address
 * is (ret, a PLT's jump, push %rbp, mov %rsp,%rbp) that is believed wherever it is; rbp itself only
 * where `by_rbp` allows: the caller knows that the code has no tables and so may keep frame
 * pointers. The return address must follow a call instruction. 1: `state` is the caller (only PC,
 * SP and FP known, not exact); 0: that was the outermost; -ENODATA: nothing that can be believed.
 */
int sw_unwind_by_frame_pointer(struct sw_unwind_state *state, bool by_rbp);

/* dlopen and dlsym of libunwind; see sw_unwind_start. */
int sw_libunwind_start(char *why, size_t why_size);
/* May it be used? Not where it is missing, nor in a child forked while a step was under way:
 * libunwind's lock was copied locked and nobody will ever open it. */
bool sw_libunwind_usable(void);
/* As if it were missing: for tests. */
void sw_libunwind_forbid(bool forbid);
/* Starts at `state`. 0, or -EINVAL. */
int sw_libunwind_begin(const struct sw_unwind_state *state);
/* What sw_libunwind_step found out about the frame that it stepped from. */
struct sw_unwind_about {
    uint64_t function; /* 0: no table entry */
    bool exact;
    bool tables; /* the module at this address has unwind tables (so that rbp is nobody's business)
                  */
};
/* Steps from the frame that it stands at; `state` then has the caller's rip and rsp, and rbp where
 * it is known. 1: stepped; 0: that was the outermost; -ENODATA: no table entry for it, `state`
 * untouched but for rbp, which is the frame's own; other negative errno: the tables cannot be
 * followed. */
int sw_libunwind_step(struct sw_unwind_state *state, struct sw_unwind_about *about);

#endif
