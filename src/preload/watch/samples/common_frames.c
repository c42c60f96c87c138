/* See common_frames.h. */
#include "preload/watch/samples/common_frames.h"

#include <string.h>

#include "preload/stack/symbols.h"

/* Compilers put what is seldom run of `name` elsewhere, as `name.cold`, with a table entry of its
 * own. */
static bool are_parts(uint64_t one, uint64_t other)
{
    const char *first = sw_symbols_name_at(one), *second = sw_symbols_name_at(other);
    const char *cold = first != NULL ? strstr(first, ".cold") : NULL;
    if (second == NULL || first == NULL)
        return false;
    if (cold == NULL) {
        const char *swap = first;
        first = second;
        second = swap;
        cold = strstr(first, ".cold");
    }
    size_t length = cold != NULL ? (size_t)(cold - first) : 0;
    return cold != NULL && strncmp(first, second, length) == 0 && second[length] == '\0';
}

bool sw_common_frame(const struct sw_unwind_frame *one, const struct sw_unwind_frame *other)
{
    if (one->cfa != other->cfa || one->function == 0 || other->function == 0)
        return false;
    return one->function == other->function || are_parts(one->function, other->function);
}

bool sw_common_frames(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base,
                      unsigned *in_stack, unsigned *in_base)
{
    for (unsigned i = 0; i < stack->count; i++) {
        for (unsigned j = 0; j < base->count; j++) {
            if (!sw_common_frame(&stack->frame[i], &base->frame[j]))
                continue;
            *in_stack = i;
            *in_base = j;
            return true;
        }
    }
    return false;
}

unsigned sw_common_frames_count(const struct sw_unwind_stack *stack,
                                const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    return sw_common_frames(stack, base, &i, &j) ? stack->count - i : 0;
}
