/*
 * What both ways of stepping ask: words of the copied stack, whether an address is code, whether a
 * module's frame pointers can be trusted; see unwind_step.h. Watchdog thread only.
 */
#include "preload/stack/unwind_step.h"

#include <errno.h>
#include <string.h>

#include "preload/stack/maps.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"

#define JIT_RANGES 8 /* mappings without a module, remembered for one capture */
#define TRUSTED    4 /* modules */
/* How far a stack is followed that is deeper than its copy: as large as threads' stacks get by
 * default (ulimit -s). */
#define MOST_BEYOND (UINT64_C(8) << 20)

static const struct sw_module *trusted[TRUSTED];

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

uint64_t sw_unwind_end_of_stack(const struct sw_unwind_input *input)
{
    uint64_t end = input->stack_low + input->stack_size;
    return input->cut && end < UINT64_MAX - MOST_BEYOND ? end + MOST_BEYOND : end;
}

int sw_unwind_word(const struct sw_unwind_input *input, uint64_t address, uint64_t *word)
{
    uint64_t at = address - input->stack_low;
    if (input->cut && at >= input->stack_size && at < UINT64_MAX - sizeof *word &&
        address + sizeof *word <= sw_unwind_end_of_stack(input))
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
