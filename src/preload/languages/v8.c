/*
 * JavaScript: V8's frames in a native stack, as a row of the table of languages (language.h). On
 * the watchdog's thread, for node, libnode.so and whatever else exports V8's constants.
 *
 * V8's own code keeps frame pointers, so the native unwinder goes through it by rbp, and each of
 * its frames is found again by where it ends (src/execution/frame-constants.h): below the saved rbp
 * stands the context, an object, in the frame of a function, and a small even number, twice the
 * frame's type, in one of V8's own (entries, exits, stubs), which are left out. Below that stands
 * the JSFunction, and in the interpreter's and the baseline compiler's frames the bytecode.
 */
#include <string.h>

#include "preload/languages/intern.h"
#include "preload/languages/language.h"
#include "preload/languages/v8_code.h"
#include "preload/languages/v8_function.h"
#include "preload/languages/v8_heap.h"
#include "preload/languages/v8_lines.h"
#include "preload/stack/unwind_step.h"

#define NAME_MOST 256
#define FILE_MOST 1024
#define SAVED     16 /* rbp and the return address, up to where the frame ends */

static const struct sw_v8_layout *layout;

static bool recognise(const struct sw_module *module)
{
    const struct sw_v8_layout *found = sw_v8_layout_of(module);
    if (found == NULL)
        return false;
    layout = found;
    sw_unwind_trust_frame_pointers(module);
    return true;
}

static bool slot(const struct sw_unwind_input *input, uint64_t fp, int32_t offset, uint64_t *word)
{
    return sw_unwind_word(input, fp + (uint64_t)(int64_t)offset, word) == 0;
}

/*
 * Where the function's code stood, as a position in its script; -1: not told. Only the interpreter
 * leaves its place in the frame; it says the offset from the bytecode array's own address, tagged.
 * Of the innermost frame that is where it made its last call or jump, which may be a line before.
 */
static int64_t position_in(const struct sw_unwind_input *input, uint64_t fp)
{
    uint64_t bytecode, place, table;
    int64_t offset, length;
    if (!slot(input, fp, layout->bytecode_array, &bytecode) ||
        !slot(input, fp, layout->bytecode_offset, &place) || !sw_v8_small(place, &offset) ||
        !sw_v8_is(layout, bytecode, layout->type_bytecode_array) ||
        !sw_v8_small_field(bytecode, layout->bytecode_length, &length))
        return -1;
    offset -= (int64_t)layout->bytecode_data - 1;
    if (offset < 0 || offset >= length ||
        !sw_v8_field(bytecode, layout->bytecode_positions, &table))
        return -1;
    return sw_v8_position_at(layout, table, offset);
}

/* Code that the compilers made, or the builtins that were made so ahead: these have no entry in the
 * unwind table of the module that they are in. */
static bool is_own_code(const struct sw_unwind_frame *frame)
{
    return frame->cfa != 0 && frame->function == 0;
}

static void describe(const struct sw_v8_function *function, int64_t position,
                     struct sw_language_frame *frame)
{
    static const char builtin[] = " (builtin)";
    char text[FILE_MOST];
    size_t length = sw_v8_function_name(layout, function, text, NAME_MOST);
    if (function->script == 0) {
        memcpy(text + length, builtin, sizeof builtin - 1);
        length += sizeof builtin - 1;
    }
    frame->function = sw_intern(text, length);
    frame->file = sw_intern(text, sw_v8_function_file(layout, function, text, FILE_MOST));
    frame->line = sw_v8_function_line(layout, function, position >= 0 ? position : function->start);
}

/* A builtin that is written in C++ (JSON.parse, Atomics.wait) is called with its function among the
 * first of its arguments, which stand above the frame. */
static bool find_builtin(const struct sw_unwind_input *input, uint64_t fp,
                         struct sw_v8_function *function)
{
    uint64_t object;
    for (int32_t offset = SAVED; offset < SAVED + 3 * 8; offset += 8)
        if (slot(input, fp, offset, &object) && sw_v8_function_of(layout, object, function))
            return function->script == 0;
    return false;
}

/* A frame of a JSFunction: what it runs, innermost first, in up to `room` frames. */
static unsigned describe_all(const struct sw_unwind_input *input,
                             const struct sw_unwind_frame *native, uint64_t fp,
                             const struct sw_v8_function *function, unsigned room,
                             struct sw_language_frame *frames)
{
    struct sw_v8_place places[SW_V8_INLINED];
    int64_t position = position_in(input, fp);
    unsigned count =
        position < 0 ? sw_v8_code_places(layout, native->ip, !native->exact, function, places) : 0;
    if (count == 0 || count > room) {
        describe(function, position, frames);
        return 1;
    }
    for (unsigned i = 0; i < count; i++) {
        frames[i] = frames[0];
        frames[i].inlined = i + 1 < count;
        describe(&places[i].function, places[i].position, &frames[i]);
    }
    return count;
}

/* Is it a frame that is to be seen? Then what it is, in up to `room` frames; returns how many. */
static unsigned decode(const struct sw_unwind_input *input, const struct sw_unwind_frame *native,
                       uint64_t fp, unsigned room, struct sw_language_frame *frame)
{
    static const char expression[] = "(regular expression)", wasm[] = "(WebAssembly)";
    struct sw_v8_function function;
    uint64_t context, object;
    if (!slot(input, fp, layout->context_or_type, &context))
        return 0;
    if ((context & 1) == 0 && context >> 1 == layout->frame_irregexp)
        frame->function = sw_intern(expression, sizeof expression - 1);
    else if ((context & 1) == 0 && context >> 1 == layout->frame_wasm)
        frame->function = sw_intern(wasm, sizeof wasm - 1);
    if (frame->function != NULL)
        return 1;
    if (context == (uint64_t)layout->frame_builtin_exit << 1 &&
        find_builtin(input, fp, &function)) {
        describe(&function, -1, frame);
        return 1;
    }
    if ((context & 1) == 0 || !slot(input, fp, layout->function, &object) ||
        !sw_v8_function_of(layout, object, &function))
        return 0;
    return describe_all(input, native, fp, &function, room, frame);
}

static void capture(int tid, const struct sw_unwind_input *input,
                    const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    (void)tid;
    for (unsigned i = 0; i < native->count && stack->count < SW_LANGUAGE_FRAMES; i++) {
        struct sw_language_frame *frame = &stack->frame[stack->count];
        uint64_t fp = native->frame[i].cfa - SAVED;
        memset(frame, 0, sizeof *frame);
        frame->native = (uint16_t)i;
        frame->anchor = fp;
        if (is_own_code(&native->frame[i]))
            stack->count += (uint16_t)decode(input, &native->frame[i], fp,
                                             SW_LANGUAGE_FRAMES - stack->count, frame);
    }
    stack->complete = native->complete;
}

/* They have been found by their native frames. */
static bool place(const struct sw_unwind_stack *native, struct sw_language_stack *stack)
{
    return native->count > 0 && stack->count > 0;
}

/* What leads from the program's C++ into JavaScript and back. */
static bool is_machinery(const struct sw_module *module, const char *symbol)
{
    static const char *const plumbing[] = {
        "Builtins_",
        "_ZN2v88internal12_GLOBAL__N_16Invoke",
        "_ZN2v88internal9Execution",
        "_ZN2v88internal12_GLOBAL__N_119HandleApiCallHelper",
        "_ZN2v88internal21Builtin_HandleApiCall",
        "_ZN2v88internal25FunctionCallbackArguments4Call",
        "_ZN2v88Function4Call",
        "_ZN2v86Object14CallAsFunction",
        "_ZN4node20InternalMakeCallback",
        "_ZN4node12MakeCallback",
    };
    for (unsigned i = 0; symbol != NULL && i < sizeof plumbing / sizeof plumbing[0]; i++)
        if (strncmp(symbol, plumbing[i], strlen(plumbing[i])) == 0)
            return true;
    return module == NULL;
}

const struct sw_language sw_language_v8 = {
    .lang = SW_LANG_JS,
    .by_native = true,
    .recognise = recognise,
    .capture = capture,
    .place = place,
    .is_machinery = is_machinery,
};
