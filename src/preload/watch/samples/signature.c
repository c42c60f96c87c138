/* See signature.h. */
#include "preload/watch/samples/signature.h"

#include <string.h>

#include "common/hash.h"

/* A runtime's own frames say nothing that those of its language do not; and a builtin of the
 * language (it is in no file) is there or not, as the compiler likes. */
static bool counts(const struct sw_linked_frame *frame)
{
    return !frame->machinery && (frame->lang == SW_LANG_NATIVE || frame->file != NULL);
}

/* The frame `depth` steps inwards from the loop's own frames, of those that count. */
static const struct sw_linked_frame *inwards(const struct sw_linked_stack *stack, unsigned depth)
{
    for (unsigned i = stack->count - stack->loop; i > 0; i--)
        if (counts(&stack->frame[i - 1]) && depth-- == 0)
            return &stack->frame[i - 1];
    return NULL;
}

/* Stacks that do not reach the thread's beginning say nothing of what they have in common, if there
 * are others that do. */
static bool takes_part(const struct sw_linked_stack *stack, bool have_complete)
{
    return stack->count > 0 && (!have_complete || stack->complete || stack->loop > 0);
}

static bool in_all(const struct sw_linked_stack *stacks, unsigned count, bool have_complete,
                   const struct sw_linked_frame *frame, unsigned depth)
{
    for (unsigned i = 0; i < count; i++) {
        if (!takes_part(&stacks[i], have_complete))
            continue;
        const struct sw_linked_frame *other = inwards(&stacks[i], depth);
        if (other == NULL || !sw_linkage_same(frame, other))
            return false;
    }
    return true;
}

/* Of a file its base name, since where it lies differs from machine to machine. */
static uint64_t add_language_frame(uint64_t hash, const struct sw_linked_frame *frame)
{
    const char *slash = frame->file != NULL ? strrchr(frame->file, '/') : NULL;
    hash = sw_hash_string(hash, slash != NULL ? slash + 1 : frame->file);
    return sw_hash_string(hash, frame->symbol);
}

static uint64_t add_frame(uint64_t hash, const struct sw_linked_frame *frame)
{
    if (frame->lang != SW_LANG_NATIVE)
        return add_language_frame(hash, frame);
    hash = sw_hash_string(hash, frame->module != NULL ? frame->module->name : NULL);
    hash = sw_hash_string(hash, frame->symbol);
    /* A stripped function is known by where it starts in its file; code in no file by nothing. */
    if (frame->symbol == NULL && frame->module != NULL)
        hash = sw_hash_bytes(hash, &frame->start, sizeof frame->start);
    return hash;
}

/*
 * Which C functions of a runtime and its libraries a few samples share is chance: what computes is
 * told by the language's own functions, as far as the samples have them in common. Inside of a call
 * every sample stands below the same C functions.
 */
uint64_t sw_signature_of(const char *program, const char *key, const struct sw_linked_stack *stacks,
                         unsigned count)
{
    uint64_t hash = sw_hash_string(SW_HASH_START, program), of_language = 0;
    hash = sw_hash_string(hash, key);
    bool have_complete = false;
    const struct sw_linked_stack *first = NULL;
    for (unsigned i = 0; i < count; i++)
        have_complete |= stacks[i].complete || stacks[i].loop > 0;
    for (unsigned i = 0; i < count && first == NULL; i++)
        if (takes_part(&stacks[i], have_complete))
            first = &stacks[i];
    for (unsigned depth = 0; first != NULL; depth++) {
        const struct sw_linked_frame *frame = inwards(first, depth);
        if (frame == NULL || frame->call || !in_all(stacks, count, have_complete, frame, depth))
            break;
        hash = add_frame(hash, frame);
        if (frame->lang != SW_LANG_NATIVE && strcmp(key, "cpu") == 0)
            of_language = hash;
    }
    return sw_hash_finish(of_language != 0 ? of_language : hash);
}
