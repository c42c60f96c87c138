/*
 * See python_walk.h.
 *
 * Each call of the evaluating function runs one Python frame up to 3.10, and from 3.11 on as many
 * as call each other by Python's own calls. Something of each such call lies on the C stack, and so
 * says which native frame it is: 3.11's struct _PyCFrame, and from 3.12 on a frame that runs
 * nothing (a "shim"), which ends the frames of one call.
 */
#include "preload/languages/python_walk.h"

#include <string.h>

#include "preload/languages/python_code.h"
#include "preload/languages/python_objects.h"
#include "preload/stack/memory.h"

#define MOST_STEPS      4000 /* deeper recursions are cut */
#define OWNER_GENERATOR 1    /* FRAME_OWNED_BY_GENERATOR */
#define OWNER_C         3    /* FRAME_OWNED_BY_CSTACK; from 3.14 on the interpreter's, and 4 */
#define TAG_BITS        UINT64_C(7) /* of 3.14's references; objects are aligned to 8 and more */
#define FRAME_BYTES     128         /* as much of a frame as any version needs */

struct walk {
    const struct sw_python *python;
    struct sw_language_stack *stack;
    size_t frame_size; /* bytes of a frame that are looked at */
    uint64_t frame;
    uint64_t cframe;  /* 3.11: of the evaluation that `frame` belongs to */
    unsigned cframes; /* steps along these; what is torn may lead in a circle */
    unsigned segment; /* frames from here on wait for the shim that ends them */
};

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

static uint64_t word_in(const uint8_t *bytes, uint16_t at)
{
    uint64_t word;
    memcpy(&word, bytes + at, sizeof word);
    return word;
}

/* No more than that: a frame may be the last thing in its mapping. */
static size_t size_of_frame(const struct sw_python_layout *layout)
{
    const uint16_t ends[] = {layout->previous + 8, layout->code + 8, layout->position + 8,
                             layout->owner + 1};
    size_t size = 0;
    for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++)
        size = ends[i] > size ? ends[i] : size;
    return size;
}

static bool begin(struct walk *walk, uint64_t state)
{
    const struct sw_python_layout *layout = &walk->python->layout;
    uint64_t top;
    walk->frame_size = size_of_frame(layout);
    if (walk->frame_size > FRAME_BYTES)
        return false;
    if (!word_at(state + layout->thread_top, &top))
        return false;
    walk->frame = top;
    if (!layout->through_cframe)
        return true;
    walk->cframe = top;
    return word_at(top + layout->cframe_top, &walk->frame);
}

/* 3.11: goes on to the evaluation that was at this frame when it called the next. */
static void follow_cframes(struct walk *walk)
{
    const struct sw_python_layout *layout = &walk->python->layout;
    uint64_t outer, top;
    while (walk->cframe != 0 && walk->cframes++ < MOST_STEPS &&
           word_at(walk->cframe + layout->cframe_previous, &outer) && outer != 0 &&
           word_at(outer + layout->cframe_top, &top) && top == walk->frame)
        walk->cframe = outer;
}

/* 3.12 on: the frames up to here were run by the call whose shim this is. */
static void end_segment(struct walk *walk, uint64_t shim)
{
    struct sw_language_stack *stack = walk->stack;
    for (; walk->segment < stack->count; walk->segment++)
        stack->frame[walk->segment].anchor = shim;
}

static bool is_shim(const struct walk *walk, const uint8_t *bytes)
{
    const struct sw_python_layout *layout = &walk->python->layout;
    return layout->frames == SW_PYTHON_SHIMS && bytes[layout->owner] >= OWNER_C;
}

/* A coroutine's frame lies in the coroutine; up to 3.10 it names it, before f_lasti. */
static void note_coroutine(struct walk *walk, const uint8_t *bytes)
{
    const struct sw_python_layout *layout = &walk->python->layout;
    uint64_t object = 0;
    if (layout->frames == SW_PYTHON_OBJECTS)
        object = word_in(bytes, layout->position - 8);
    else if (bytes[layout->owner] == OWNER_GENERATOR)
        object = walk->frame - layout->generator;
    if (object == 0 || !sw_python_is(walk->python, object, "coroutine"))
        return;
    uint64_t *outer = walk->stack->coroutine;
    memmove(outer + 1, outer, (SW_LANGUAGE_OUTER - 1) * sizeof *outer);
    outer[0] = object;
}

/* One frame; false: what is there is none. */
static bool add(struct walk *walk, const uint8_t *bytes)
{
    const struct sw_python_layout *layout = &walk->python->layout;
    struct sw_language_stack *stack = walk->stack;
    if (is_shim(walk, bytes)) {
        end_segment(walk, walk->frame);
        return true;
    }
    /* A recursion that is too deep: its innermost part, and what call runs that. */
    if (stack->count == SW_LANGUAGE_FRAMES)
        note_coroutine(walk, bytes);
    if (stack->count == SW_LANGUAGE_FRAMES)
        return layout->frames == SW_PYTHON_SHIMS && walk->segment < stack->count;
    struct sw_language_frame frame;
    memset(&frame, 0, sizeof frame);
    if (layout->frames == SW_PYTHON_CFRAMES) {
        follow_cframes(walk);
        frame.anchor = walk->cframe;
    }
    if (!sw_python_read_code(walk->python, word_in(bytes, layout->code) & ~TAG_BITS,
                             word_in(bytes, layout->position), &frame))
        return false;
    note_coroutine(walk, bytes);
    /* What CPython puts below an __init__ that it calls by itself (_Py_InitCleanup, from 3.12 on)
     * is nobody's code: it has no line, and for a file its name. */
    if (frame.line != 0 || (frame.file != NULL && frame.file != frame.function))
        stack->frame[stack->count++] = frame;
    return true;
}

/*
 * Is the last frame of the chain the thread's outermost? A generator's frame that has just yielded
 * is unlinked from its caller before (as compilers order these stores) the caller is the current
 * one again: a chain of that frame alone. The outermost call of the evaluating function tells:
 * in 3.11 none is around it, and from 3.12 on its shim ends the chain.
 */
static bool reaches_the_end(const struct walk *walk)
{
    const struct sw_python_layout *layout = &walk->python->layout;
    uint64_t outer = 0, top = 0;
    if (layout->frames == SW_PYTHON_SHIMS)
        return walk->segment == walk->stack->count;
    if (layout->frames != SW_PYTHON_CFRAMES)
        return true;
    return word_at(walk->cframe + layout->cframe_previous, &outer) &&
           (outer == 0 || (word_at(outer + layout->cframe_top, &top) && top == 0));
}

void sw_python_walk(const struct sw_python *python, uint64_t state, struct sw_language_stack *stack)
{
    struct walk walk = {.python = python, .stack = stack};
    uint8_t bytes[FRAME_BYTES];
    stack->count = 0;
    stack->complete = false;
    stack->anchored = python->layout.frames != SW_PYTHON_OBJECTS;
    if (!begin(&walk, state))
        return;
    for (unsigned i = 0; i < MOST_STEPS && walk.frame != 0; i++) {
        if (sw_memory_read(walk.frame, bytes, walk.frame_size) != 0 || !add(&walk, bytes)) {
            /* But for a recursion that was cut: the way led over what is no frame any more, as in
             * 3.12 just after an evaluation has begun, whose _PyCFrame is not filled in yet. */
            stack->torn = stack->count < SW_LANGUAGE_FRAMES;
            return;
        }
        walk.frame = word_in(bytes, python->layout.previous);
    }
    stack->torn = walk.frame == 0 && !reaches_the_end(&walk);
    if (stack->torn)
        stack->count = 0;
    stack->complete = walk.frame == 0 && stack->count < SW_LANGUAGE_FRAMES;
}

void sw_python_each_frame(const struct sw_python *python, uint64_t state,
                          bool (*take)(void *context, uint64_t frame, uint64_t code), void *context)
{
    const struct sw_python_layout *layout = &python->layout;
    struct walk walk = {.python = python};
    uint8_t bytes[FRAME_BYTES];
    if (!begin(&walk, state))
        return;
    for (unsigned i = 0; i < MOST_STEPS && walk.frame != 0; i++) {
        if (sw_memory_read(walk.frame, bytes, walk.frame_size) != 0)
            return;
        uint64_t code = word_in(bytes, layout->code) & ~TAG_BITS;
        if (!is_shim(&walk, bytes) && !take(context, walk.frame, code))
            return;
        walk.frame = word_in(bytes, layout->previous);
    }
}
