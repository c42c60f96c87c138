/* See merge_stacks.h, and merge.h for what is where. Called by merge.c. */
#include "command/merge_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "command/complain.h"
#include "common/hash.h"

static bool same_frame(const void *value, const void *key)
{
    const struct sw_record_frame *a = value, *b = key; /* strings are there once: pointers do */
    return a->function == b->function && a->file == b->file && a->module == b->module &&
           a->lang == b->lang && a->build_id == b->build_id && a->line == b->line &&
           a->inlined == b->inlined;
}

static const struct sw_record_frame *keep_frame(struct sw_merge *merge,
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

struct track_key {
    const char *host, *program, *thread, *wait;
    int64_t pid, tid;
};

static bool same_track(const void *value, const void *key)
{
    const struct sw_track *track = value;
    const struct track_key *wanted = key;
    return track->host == wanted->host && track->program == wanted->program &&
           track->thread == wanted->thread && track->wait == wanted->wait &&
           track->pid == wanted->pid && track->tid == wanted->tid;
}

static struct sw_track *track_of(struct sw_merge *merge, const struct sw_record *record,
                                 const char *program)
{
    struct track_key key = {sw_string(record->host), program,     sw_string(record->thread),
                            sw_string(record->wait), record->pid, record->tid};
    if (merge->tracks == NULL)
        merge->tracks = sw_need_memory(calloc(SW_MERGE_TRACKS, sizeof *merge->tracks));
    uint64_t hash = sw_hash_finish(sw_hash_bytes(SW_HASH_START, &key, sizeof key));
    struct sw_track *track = sw_table_find(&merge->by_track, hash, same_track, &key);
    if (track != NULL)
        return track;
    if (merge->track_count == SW_MERGE_TRACKS)
        return merge->tracks[SW_MERGE_TRACKS - 1];
    track = sw_need_memory(calloc(1, sizeof *track));
    merge->tracks[merge->track_count++] = track;
    if (merge->track_count == SW_MERGE_TRACKS) { /* the last place is for all that follow */
        track->host = track->program = track->thread = track->wait = NULL;
        return track;
    }
    track->host = key.host;
    track->program = key.program;
    track->thread = key.thread;
    track->wait = key.wait;
    track->pid = key.pid;
    track->tid = key.tid;
    sw_table_add(&merge->by_track, hash, track);
    return track;
}

static void add_part(struct sw_track *track, const struct sw_signature *signature,
                     const struct sw_merged_stack *stack, uint64_t weight_ns)
{
    for (size_t i = 0; i < track->part_count; i++) {
        if (track->parts[i].signature == signature && track->parts[i].stack == stack) {
            track->parts[i].weight_ns += weight_ns;
            return;
        }
    }
    if (track->part_count == track->part_room) {
        track->part_room = track->part_room == 0 ? 8 : track->part_room * 2;
        track->parts =
            sw_need_memory(realloc(track->parts, track->part_room * sizeof *track->parts));
    }
    track->parts[track->part_count++] = (struct sw_track_part){signature, stack, weight_ns};
}

static struct sw_merged_stack *take_stack(struct sw_merge *merge, struct sw_signature *signature,
                                          const struct sw_record *record, size_t index,
                                          unsigned samples, size_t count, uint64_t weight_ns)
{
    const struct sw_record_frame *frames[SW_RECORD_FRAMES];
    for (size_t i = 0; i < count; i++) {
        struct sw_record_frame frame;
        sw_record_frame(record, index, i, &frame);
        frames[i] = keep_frame(merge, &frame);
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
                     const struct sw_record *record, const char *program)
{
    struct sw_track *track = merge->want_tracks ? track_of(merge, record, program) : NULL;
    uint64_t all = 0, left_ns = record->duration_ns;
    size_t frames;
    if (track != NULL) {
        track->stalls++;
        track->total_ns += record->duration_ns;
    }
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
            add_part(track, signature, stack, weight_ns);
    }
    if (record->stack_count == 0) {
        signature->without_stack_ns += left_ns;
        if (track != NULL)
            add_part(track, signature, NULL, left_ns);
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

static bool is_system(const struct sw_record_frame *frame)
{
    static const char *const prefixes[] = {"libc.so", "libpthread", "ld-linux", "libm.so",
                                           "[vdso]",  "libstdc++",  "libgcc_s"};
    if (frame->lang != NULL && strcmp(frame->lang, "kernel") == 0)
        return true;
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
        if (is_system(frame) || frame->function == NULL)
            continue;
        if (best == NULL)
            best = frame;
        if (frame->file != NULL)
            return frame;
    }
    return best;
}
