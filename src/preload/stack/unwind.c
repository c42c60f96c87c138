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

#include "preload/stack/maps.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_step.h"

#define JIT_RANGES 8 /* mappings without a module, remembered for one capture */
#define TRUSTED    4 /* modules */
/* How far a stack is followed that is deeper than its copy: as large as threads' stacks get by
 * default (ulimit -s). */
#define MOST_BEYOND (UINT64_C(8) << 20)

static const struct sw_module *trusted[TRUSTED];

int sw_unwind_start(char *why, size_t why_size)
{
    return sw_libunwind_start(why, why_size);
}

void sw_unwind_trust_frame_pointers(const struct sw_module *module)
{
    for (unsigned i = 0; i < TRUSTED && trusted[i] != module; i++) {
        if (trusted[i] == NULL) {
            trusted[i] = module;
            return;
        }
    }
}

bool sw_unwind_trusts(const struct sw_module *module)
{
    for (unsigned i = 0; i < TRUSTED && trusted[i] != NULL; i++)
        if (trusted[i] == module)
            return true;
    return false;
}

/* Where the stack ends, as far as it may be followed. */
static uint64_t end_of_stack(const struct sw_unwind_input *input)
{
    uint64_t end = input->stack_low + input->stack_size;
    return input->cut && end < UINT64_MAX - MOST_BEYOND ? end + MOST_BEYOND : end;
}

int sw_unwind_word(const struct sw_unwind_input *input, uint64_t address, uint64_t *word)
{
    uint64_t at = address - input->stack_low;
    if (input->cut && at >= input->stack_size && at < UINT64_MAX - sizeof *word &&
        address + sizeof *word <= end_of_stack(input))
        return sw_memory_read(address, word, sizeof *word);
    if (address < input->stack_low || input->stack_size < sizeof *word ||
        at > input->stack_size - sizeof *word)
        return -EFAULT;
    memcpy(word, (const uint8_t *)input->stack + at, sizeof *word);
    return 0;
}

bool sw_unwind_knows(const struct sw_unwind_state *state, enum sw_register reg)
{
    return state->known >> reg & 1;
}

bool sw_unwind_is_code(uint64_t address)
{
    static struct {
        uint64_t low, high;
        bool executable;
    } ranges[JIT_RANGES];
    static unsigned count;
    static uint64_t capture;
    struct sw_maps_line line;
    if (sw_modules_find(address))
        return true;
    if (capture != sw_memory_capture()) {
        capture = sw_memory_capture();
        count = 0;
    }
    for (unsigned i = 0; i < count; i++)
        if (address >= ranges[i].low && address < ranges[i].high)
            return ranges[i].executable;
    if (count == JIT_RANGES || sw_maps_find(address, &line, NULL, 0) < 0)
        return false;
    ranges[count].low = line.low;
    ranges[count].high = line.high;
    ranges[count].executable = line.executable;
    return ranges[count++].executable;
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
        if (cfa < sp || (cfa == sp && !about.exact) || cfa > end_of_stack(state->input))
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
