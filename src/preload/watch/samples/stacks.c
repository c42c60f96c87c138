/* See stacks.h. */
#include "preload/watch/samples/stacks.h"

#include <string.h>

#include "common/text.h"
#include "preload/notes/process.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/samples/signature.h"

#define MOST_SAMPLES   64
#define MOST_QUESTIONS 1024
#define TOP_MOST       160

/* Samples with the same stack. */
struct sw_stacks_group {
    const struct sw_linked_stack *linked;
    const char *kernel; /* of the first that was seen in the kernel; empty: none */
    unsigned samples;
    uint64_t at_ns;
};

/* The next frame from `*at` on that is not merely a runtime at work; NULL: none. */
static const struct sw_linked_frame *next_telling(const struct sw_linked_stack *stack, unsigned *at)
{
    while (*at < stack->count && stack->frame[*at].machinery)
        ++*at;
    return *at < stack->count ? &stack->frame[(*at)++] : NULL;
}

static bool same_stack(const struct sw_linked_stack *one, const struct sw_linked_stack *other)
{
    unsigned i = 0, j = 0;
    for (bool first = true;; first = false) {
        const struct sw_linked_frame *mine = next_telling(one, &i);
        const struct sw_linked_frame *its = next_telling(other, &j);
        if (mine == NULL || its == NULL)
            return mine == its;
        if (!sw_linkage_same(mine, its))
            return false;
        /* Where the innermost function stood may differ; the way there may not. */
        if (!first && (mine->address != its->address || mine->line != its->line))
            return false;
    }
}

static unsigned group_samples(const struct sw_watch *watch, const struct sw_linked_stack *linked,
                              unsigned count, struct sw_stacks_group *groups)
{
    unsigned group_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (linked[i].count == 0)
            continue;
        unsigned g = 0;
        while (g < group_count && !same_stack(groups[g].linked, &linked[i]))
            g++;
        if (g == group_count) {
            groups[group_count++] = (struct sw_stacks_group){&linked[i], watch->samples[i].kernel,
                                                             0, watch->samples[i].at_ns};
        }
        groups[g].samples += watch->samples[i].weight;
        if (groups[g].kernel[0] == '\0')
            groups[g].kernel = watch->samples[i].kernel;
    }
    /* Few groups: the simplest stable sort. */
    for (unsigned i = 1; i < group_count; i++) {
        struct sw_stacks_group moving = groups[i];
        unsigned j = i;
        for (; j > 0 && groups[j - 1].samples < moving.samples; j--)
            groups[j] = groups[j - 1];
        groups[j] = moving;
    }
    return group_count;
}

static bool asks(const struct sw_linked_frame *frame)
{
    return frame->module != NULL && !frame->call && frame->module->path[0] == '/';
}

static int question_of(const struct sw_helper_talk *talk, const struct sw_linked_frame *frame)
{
    for (unsigned i = 0; i < talk->count; i++)
        if (talk->questions[i].address == frame->address &&
            talk->questions[i].path == frame->module->path)
            return (int)i;
    return -1;
}

/* What the helper will be asked: each address once. */
static void prepare_questions(const struct sw_stacks_group *groups, unsigned group_count,
                              struct sw_helper_talk *talk)
{
    struct sw_arena *arena = sw_pool_capture();
    struct sw_helper_question *questions =
        sw_arena_alloc(arena, MOST_QUESTIONS * sizeof *questions);
    talk->answers = sw_arena_alloc(arena, MOST_QUESTIONS * sizeof *talk->answers);
    talk->questions = questions;
    if (questions == NULL || talk->answers == NULL)
        return;
    for (unsigned g = 0; g < group_count; g++) {
        for (unsigned i = 0; i < groups[g].linked->count; i++) {
            const struct sw_linked_frame *frame = &groups[g].linked->frame[i];
            if (!asks(frame) || talk->count == MOST_QUESTIONS || question_of(talk, frame) >= 0)
                continue;
            questions[talk->count++] = (struct sw_helper_question){
                frame->module->path, frame->module->build_id, frame->symbol, frame->address};
        }
    }
}

static void set_module(struct sw_frame *frame, const struct sw_linked_frame *linked)
{
    if (linked->lang != SW_LANG_NATIVE) {
        frame->lang = linked->lang;
        frame->file = linked->file;
        frame->line = linked->line;
        frame->inlined = linked->inlined;
        return;
    }
    if (linked->module == NULL) {
        /* A call whose function is not known: made by syscall(2). */
        frame->lang = linked->call ? SW_LANG_NATIVE : SW_LANG_JIT;
        return;
    }
    frame->module = linked->module->name;
    frame->path = linked->module->path;
    frame->offset = linked->address;
    frame->has_offset = linked->address != 0;
    frame->build_id = linked->module->build_id[0] != '\0' ? linked->module->build_id : NULL;
}

/* A linked frame becomes one frame, or several where functions were inlined into it. Returns how
 * many. */
static unsigned write_frame(const struct sw_helper_talk *talk, const struct sw_linked_frame *linked,
                            struct sw_frame *frames, unsigned room)
{
    int question = asks(linked) ? question_of(talk, linked) : -1;
    const struct sw_helper_answer *answer =
        question >= 0 && talk->answers[question].count > 0 ? &talk->answers[question] : NULL;
    unsigned count = answer != NULL ? answer->count : 1;
    if (count > room)
        count = room;
    for (unsigned i = 0; i < count; i++) {
        struct sw_frame *frame = &frames[i];
        memset(frame, 0, sizeof *frame);
        set_module(frame, linked);
        frame->function = linked->symbol;
        frame->machinery = linked->machinery && !sw_process_settings.verbose;
        if (answer == NULL)
            continue;
        const struct sw_helper_line *line = &answer->lines[i];
        if (line->function != NULL)
            frame->function = line->function;
        frame->file = line->file;
        frame->line = line->line;
        frame->inlined = i + 1 < answer->count;
    }
    return count;
}

/* The kernel's own frames come before the program's. */
static unsigned write_kernel(const char *names, struct sw_arena *arena, struct sw_frame *frames,
                             unsigned room)
{
    unsigned count = 0;
    while (*names != '\0' && count < room) {
        size_t length = strcspn(names, "\n");
        memset(&frames[count], 0, sizeof frames[count]);
        frames[count].lang = SW_LANG_KERNEL;
        frames[count++].function = sw_arena_copy(arena, names, length);
        names += length + (names[length] == '\n');
    }
    return count;
}

static void write_stack(const struct sw_helper_talk *talk, const struct sw_stacks_group *group,
                        struct sw_arena *arena, struct sw_stack *stack)
{
    unsigned room = group->linked->count * 2 + 64;
    stack->samples = group->samples;
    stack->at_ns = group->at_ns;
    if (stack->frames == NULL)
        stack->frames = sw_arena_alloc(arena, room * sizeof *stack->frames);
    if (stack->frames == NULL)
        return;
    stack->count = write_kernel(group->kernel, arena, stack->frames, room);
    for (unsigned i = 0; i < group->linked->count; i++) {
        if (i == group->linked->count - group->linked->loop)
            stack->inner = stack->count;
        stack->count += write_frame(talk, &group->linked->frame[i], stack->frames + stack->count,
                                    room - stack->count);
    }
    if (group->linked->loop == 0)
        stack->inner = stack->count;
}

static bool is_system(const struct sw_frame *frame)
{
    static const char *const prefixes[] = {"libc.so", "libpthread", "ld-linux", "libm.so",
                                           "[vdso]",  "libstdc++",  "libgcc_s"};
    if (frame->machinery || frame->lang == SW_LANG_KERNEL || frame->function == NULL)
        return true;
    if (frame->module == NULL)
        return false;
    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(frame->module, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* How likely it is the place that its reader would look at. What comes with node says little of the
 * program, as what comes with the system does. */
static int rank_of(const struct sw_frame *frame)
{
    if (is_system(frame))
        return 0;
    if (frame->file == NULL || strncmp(frame->file, "node:", 5) == 0)
        return 1;
    return frame->lang == SW_LANG_NATIVE ? 2 : 3;
}

bool sw_frame_is_librarys(const struct sw_frame *frame)
{
    static const char *const places[] = {"/lib/python3",   "/site-packages/", "/dist-packages/",
                                         "/node_modules/", "<frozen ",        "node:"};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
        if (frame->file != NULL && strstr(frame->file, places[i]) != NULL)
            return true;
    return frame->file == NULL;
}

/* Of a language's frames the innermost that is the program's own; where all are from libraries, the
 * innermost. */
static const struct sw_frame *top_of_language(const struct sw_stack *stack)
{
    const struct sw_frame *first = NULL;
    for (unsigned i = 0; i < stack->inner; i++) {
        const struct sw_frame *frame = &stack->frames[i];
        if (frame->lang != SW_LANG_PYTHON && frame->lang != SW_LANG_JS &&
            frame->lang != SW_LANG_JAVA)
            continue;
        if (!sw_frame_is_librarys(frame))
            return frame;
        first = first == NULL && frame->file != NULL ? frame : first;
    }
    return first;
}

/* Of a language the program's own frame; else the innermost of the frames that rank highest. */
static const char *top_of(const struct sw_stack *stack, struct sw_arena *arena)
{
    const struct sw_frame *best = top_of_language(stack);
    bool of_language = best != NULL;
    for (unsigned i = 0; i < stack->count && !of_language; i++) {
        const struct sw_frame *frame = &stack->frames[i];
        if (rank_of(frame) > (best != NULL ? rank_of(best) : 0))
            best = frame;
    }
    if (best == NULL)
        return NULL;
    char buffer[TOP_MOST * 3];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    sw_text_bytes(&text, best->function, strnlen(best->function, TOP_MOST));
    if (best->file != NULL) {
        sw_text_char(&text, ' ');
        sw_text_bytes(&text, best->file, strnlen(best->file, TOP_MOST));
        sw_text_char(&text, ':');
        sw_text_unsigned(&text, best->line);
    }
    return sw_arena_copy(arena, buffer, text.length);
}

/* The samples are the watch's, and may be another iteration's when the lines come. */
static void keep_kernel_names(struct sw_stacks_group *groups, unsigned count)
{
    for (unsigned g = 0; g < count; g++) {
        const char *kept =
            sw_arena_copy(sw_pool_capture(), groups[g].kernel, strlen(groups[g].kernel));
        groups[g].kernel = kept != NULL ? kept : "";
    }
}

void sw_stacks_lines(struct sw_stacks *stacks, struct sw_arena *arena)
{
    for (unsigned g = 0; g < stacks->count; g++)
        write_stack(&stacks->talk, &stacks->groups[g], arena, &stacks->stacks[g]);
    if (stacks->asked > stacks->count)
        write_stack(&stacks->talk, &stacks->groups[stacks->count], arena, &stacks->other);
    stacks->top = stacks->count > 0 ? top_of(&stacks->stacks[0], arena) : NULL;
}

void sw_stacks_build(const struct sw_watch *watch, const struct sw_unwind_stack *base,
                     const struct sw_language_stack *base_language, const struct sw_sample *other,
                     const char *program, const char *key, struct sw_stacks *result)
{
    struct sw_arena *arena = sw_pool_capture();
    unsigned samples = watch->sample_count < MOST_SAMPLES ? watch->sample_count : MOST_SAMPLES;

    memset(result, 0, sizeof *result);
    struct sw_linked_stack *linked = sw_arena_alloc(arena, (samples + 1) * sizeof *linked);
    struct sw_stacks_group *groups = sw_arena_alloc(arena, (samples + 1) * sizeof *groups);
    result->stacks = sw_arena_alloc(arena, (samples + 1) * sizeof *result->stacks);
    if (linked == NULL || groups == NULL || result->stacks == NULL)
        return;
    for (unsigned i = 0; i < samples; i++)
        sw_linkage_of(&watch->samples[i], base, base_language, arena, &linked[i]);
    result->signature = sw_signature_of(program, key, linked, samples);
    result->groups = groups;
    result->count = group_samples(watch, linked, samples, groups);
    /* The other's frames are asked for with the rest. */
    result->asked = result->count;
    if (other != NULL && sw_linkage_of(other, NULL, NULL, arena, &linked[samples]) == 0)
        groups[result->asked++] = (struct sw_stacks_group){&linked[samples], other->kernel, 1, 0};
    if (result->asked == 0)
        return;
    keep_kernel_names(groups, result->asked);
    prepare_questions(groups, result->asked, &result->talk);
    sw_stacks_lines(result, arena);
}
