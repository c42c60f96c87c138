/* See linkage.h. */
#include "preload/watch/linkage.h"

#include <errno.h>
#include <string.h>

#include "preload/interpose/next.h"
#include "preload/stack/symbols.h"
#include "preload/watch/ownership.h"

static void link_address(struct sw_linked_frame *frame, uint64_t ip, uint64_t function)
{
    frame->module = sw_modules_find(ip);
    if (frame->module == NULL) {
        frame->address = ip;
        frame->start = function;
        return;
    }
    frame->address = ip - frame->module->bias;
    frame->start = function != 0 ? function - frame->module->bias : 0;
    struct sw_symbols *symbols = sw_symbols_open(frame->module);
    uint64_t start = 0;
    if (symbols != NULL)
        frame->symbol = sw_symbols_find(symbols, frame->address, &start);
    if (frame->symbol != NULL)
        frame->start = start;
}

/* Our wrapper is not what people look for: the real function behind it stands in its place. */
static void link_call(struct sw_linked_frame *frame, uint32_t call_id)
{
    const char *name = sw_call_info(call_id)->name;
    const void *real = sw_next_address(name);
    frame->call = true;
    if (real != NULL)
        link_address(frame, (uint64_t)(uintptr_t)real, 0);
    frame->symbol = name;
}

int sw_linkage_of(const struct sw_sample *sample, const struct sw_unwind_stack *base,
                  struct sw_arena *arena, struct sw_linked_stack *stack)
{
    const struct sw_unwind_stack *raw = &sample->stack;
    memset(stack, 0, sizeof *stack);
    stack->frame = sw_arena_alloc(arena, (raw->count + 1) * sizeof *stack->frame);
    if (stack->frame == NULL)
        return -ENOMEM;
    stack->complete = raw->complete;
    if (sample->sequence != 0)
        link_call(&stack->frame[stack->count++], sample->call_id);
    unsigned common = base != NULL ? sw_ownership_common(raw, base) : 0;
    for (unsigned i = 0; i < raw->count; i++) {
        struct sw_linked_frame *frame = &stack->frame[stack->count];
        memset(frame, 0, sizeof *frame);
        link_address(frame, raw->frame[i].exact ? raw->frame[i].ip : raw->frame[i].ip - 1,
                     raw->frame[i].function);
        if (frame->module != NULL && frame->module->own)
            continue;
        stack->count++;
    }
    stack->loop = common < stack->count ? common : stack->count;
    return 0;
}

bool sw_linkage_same(const struct sw_linked_frame *one, const struct sw_linked_frame *other)
{
    if (one->module != other->module || one->call != other->call)
        return false;
    if (one->symbol != NULL && other->symbol != NULL)
        return strcmp(one->symbol, other->symbol) == 0;
    if (one->start != 0 || other->start != 0)
        return one->start == other->start;
    return one->address == other->address;
}
