/*
 * From a snapshot to a list of return addresses.
 *
 * Called by the watchdog with copies that the loop thread's handler made, or that were made from
 * outside of a blocked thread. Watchdog thread only; no malloc, no locks but libunwind's own.
 *
 * A stack that ends early is marked incomplete; one that goes on with a frame that may not have
 * been there would send its reader to innocent code. So: tables where a module has them, and where
 * these have no entry the stack ends. rbp is followed only through code without tables (JIT,
 * stripped of .eh_frame_hdr), or that is known to keep it. CFAs must grow. A return address must be
 * code.
 */
#include "preload/stack/unwind.h"

#include <errno.h>
#include <string.h>

#include "preload/stack/modules.h"
#include "preload/stack/unwind_step.h"

int sw_unwind_start(char *why, size_t why_size)
{
    return sw_libunwind_start(why, why_size);
}

/* One step by whatever holds; returns as sw_libunwind_step. `begun` says whether libunwind stands
 * at `state`. */
static int step(struct sw_unwind_state *state, struct sw_unwind_about *about, bool *begun)
{
    memset(about, 0, sizeof *about);
    about->exact = state->exact;
    if (!sw_libunwind_usable())
        return sw_unwind_by_frame_pointer(state, true);
    if (!*begun && sw_libunwind_begin(state) < 0)
        return -EINVAL;
    *begun = true;
    int result = sw_libunwind_step(state, about);
    if (result != -ENODATA)
        return result;
    state->exact = about->exact;
    *begun = false;
    uint64_t code = state->reg[SW_REG_PC] - (state->exact ? 0 : 1);
    bool by_rbp = !about->tables || sw_unwind_trusts(sw_modules_find(code));
    return sw_unwind_by_frame_pointer(state, by_rbp);
}

static void walk(struct sw_unwind_state *state, struct sw_unwind_stack *stack)
{
    bool begun = false;
    while (stack->count < SW_UNWIND_FRAMES) {
        struct sw_unwind_frame *frame = &stack->frame[stack->count++];
        struct sw_unwind_about about;
        uint64_t sp = state->reg[SW_REG_SP];
        frame->ip = state->reg[SW_REG_PC];
        frame->cfa = 0;
        int result = step(state, &about, &begun);
        frame->function = about.function;
        frame->exact = about.exact;
        if (result == 0)
            stack->complete = true;
        if (result <= 0)
            return;
        uint64_t cfa = state->reg[SW_REG_SP];
        /* Only a leaf function on aarch64 has no frame: its caller is in a register. */
        if (cfa < sp || (cfa == sp && !about.exact) || cfa > sw_unwind_end_of_stack(state->input))
            return;
        frame->cfa = cfa;
        if (!sw_unwind_is_code(state->reg[SW_REG_PC]))
            return;
    }
}

void sw_unwind_run(const struct sw_unwind_input *input, struct sw_unwind_stack *stack)
{
    struct sw_unwind_state state = {.input = input, .known = input->known, .exact = input->exact};
    stack->count = 0;
    stack->complete = false;
    memcpy(state.reg, input->reg, sizeof state.reg);
    if (!sw_unwind_knows(&state, SW_REG_PC) || !sw_unwind_knows(&state, SW_REG_SP) ||
        input->stack_low + input->stack_size < input->stack_low ||
        !sw_unwind_is_code(state.reg[SW_REG_PC]))
        return;
    walk(&state, stack);
}
