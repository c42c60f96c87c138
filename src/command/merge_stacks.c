/* See merge_stacks.h, and merge.h for what is where. Called by merge.c. */
#include "command/merge_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "command/complain.h"
#include "command/merge_tracks.h"
#include "common/hash.h"

static bool same_frame(const void *value, const void *key)
{
    const struct sw_record_frame *a = value, *b = key; /* strings are there once: pointers do */
    return a->function == b->function && a->file == b->file && a->module == b->module &&
           a->lang == b->lang && a->build_id == b->build_id && a->line == b->line &&
           a->inlined == b->inlined;
}

const struct sw_record_frame *sw_merge_frame(struct sw_merge *merge,
                                             const struct sw_record_frame *frame)
{
    struct sw_record_frame wanted = {
        .lang = sw_string(frame->lang),
        .function = sw_string(frame->function),
        .file = sw_string(frame->file),
        .module = sw_string(frame->module),
        .build_id = sw_string(frame->build_id),
        .line = frame->line,
        .inlined = frame->inlined,
    };
    const void *parts[] = {wanted.function, wanted.file, wanted.module, wanted.build_id,
                           wanted.lang};
    uint64_t hash = sw_hash_bytes(SW_HASH_START, parts, sizeof parts);
    hash = sw_hash_bytes(hash, &wanted.line, sizeof wanted.line);
    hash = sw_hash_finish(hash + wanted.inlined);
    struct sw_record_frame *found = sw_table_find(&merge->frame_table, hash, same_frame, &wanted);
    if (found == NULL) {
        found = sw_need_memory(malloc(sizeof *found));
        *found = wanted;
        sw_table_add(&merge->frame_table, hash, found);
    }
    return found;
}

/* The signature's own copy of the stack; NULL where it has too many. */
static struct sw_merged_stack *keep_stack(struct sw_signature *signature,
                                          const struct sw_record_frame **frames, unsigned count)
{
    uint64_t hash = sw_hash_bytes(SW_HASH_START, frames, count * sizeof *frames);
    for (unsigned i = 0; i < signature->stack_count; i++) {
        struct sw_merged_stack *stack = signature->stacks[i];
        if (stack->hash == hash && stack->count == count &&
            memcmp(stack->frames, frames, count * sizeof *frames) == 0)
            return stack;
    }
    if (signature->stack_count == SW_MERGE_STACKS)
        return NULL;
    if ((signature->stack_count & (signature->stack_count - 1)) == 0) { /* full: 1, 2, 4… */
        unsigned room = signature->stack_count == 0 ? 1 : signature->stack_count * 2;
        signature->stacks =
            sw_need_memory(realloc(signature->stacks, room * sizeof *signature->stacks));
    }
    struct sw_merged_stack *stack = sw_need_memory(calloc(1, sizeof *stack));
    stack->frames = sw_need_memory(malloc(count * sizeof *frames));
    memcpy(stack->frames, frames, count * sizeof *frames);
    stack->count = count;
    stack->hash = hash;
    signature->stacks[signature->stack_count++] = stack;
    return stack;
}

static struct sw_merged_stack *take_stack(struct sw_merge *merge, struct sw_signature *signature,
                                          const struct sw_record *record, size_t index,
                                          unsigned samples, size_t count, uint64_t weight_ns)
{
    const struct sw_record_frame *frames[SW_RECORD_FRAMES];
    for (size_t i = 0; i < count; i++) {
        struct sw_record_frame frame;
        sw_record_frame(record, index, i, &frame);
        frames[i] = sw_merge_frame(merge, &frame);
    }
    struct sw_merged_stack *stack =
        count == 0 ? NULL : keep_stack(signature, frames, (unsigned)count);
    if (stack == NULL) {
        signature->without_stack_ns += weight_ns;
    } else {
        stack->samples += samples;
        stack->weight_ns += weight_ns;
    }
    return stack;
}

void sw_merge_stacks(struct sw_merge *merge, struct sw_signature *signature,
                     const struct sw_record *record, struct sw_track *track)
{
    uint64_t all = 0, left_ns = record->duration_ns;
    size_t frames;
    for (size_t i = 0; i < record->stack_count; i++)
        all += sw_record_stack(record, i, &frames);
    for (size_t i = 0; i < record->stack_count; i++) {
        unsigned samples = sw_record_stack(record, i, &frames);
        uint64_t weight_ns = (uint64_t)((double)record->duration_ns * samples / (double)all);
        if (weight_ns > left_ns || i + 1 == record->stack_count)
            weight_ns = left_ns; /* rounding: the parts are the whole */
        left_ns -= weight_ns;
        struct sw_merged_stack *stack =
            take_stack(merge, signature, record, i, samples, frames, weight_ns);
        if (track != NULL)
            sw_track_add_part(track, signature, stack, weight_ns);
    }
    if (record->stack_count == 0) {
        signature->without_stack_ns += left_ns;
        if (track != NULL)
            sw_track_add_part(track, signature, NULL, left_ns);
    }
}

static int by_weight(const void *a, const void *b)
{
    const struct sw_merged_stack *x = *(const struct sw_merged_stack *const *)a;
    const struct sw_merged_stack *y = *(const struct sw_merged_stack *const *)b;
    if (x->samples != y->samples)
        return x->samples > y->samples ? -1 : 1;
    return x->weight_ns > y->weight_ns ? -1 : x->weight_ns < y->weight_ns;
}

void sw_merge_order_stacks(struct sw_signature *signature)
{
    if (signature->stack_count > 1)
        qsort(signature->stacks, signature->stack_count, sizeof *signature->stacks, by_weight);
}

bool sw_merge_is_system(const struct sw_record_frame *frame)
{
    static const char *const prefixes[] = {"libc.so", "libpthread", "ld-linux", "libm.so",
                                           "[vdso]",  "libstdc++",  "libgcc_s"};
    if (frame->lang != NULL && strcmp(frame->lang, "kernel") == 0)
        return true;
    if (frame->file != NULL &&
        (strncmp(frame->file, "node:", 5) == 0 || strncmp(frame->file, "<frozen ", 8) == 0))
        return true; /* of Node and of Python themselves */
    for (unsigned i = 0; frame->module != NULL && i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(frame->module, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

const struct sw_record_frame *sw_merge_where(const struct sw_signature *signature)
{
    const struct sw_record_frame *best = NULL;
    if (signature->stack_count == 0)
        return NULL;
    for (unsigned i = 0; i < signature->stacks[0]->count; i++) {
        const struct sw_record_frame *frame = signature->stacks[0]->frames[i];
        if (sw_merge_is_system(frame) || frame->function == NULL)
            continue;
        if (best == NULL)
            best = frame;
        if (frame->file != NULL)
            return frame;
    }
    return best;
}
