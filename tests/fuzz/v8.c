/*
 * A stack with JavaScript's frames and the heap that they point to, both as the program, its
 * collector or chance have left them.
 */
#include "image.h"
/* With what it has recognised, which it keeps to itself. */
#include "preload/languages/v8.c"

#define FRAMES 8

static struct image image;

/* As in the node of these days; types are numbers that an input may name. */
static const struct sw_v8_layout known = {
    .context_or_type = -8,
    .function = -16,
    .bytecode_array = -32,
    .bytecode_offset = -40,
    .map_type = 12,
    .function_shared = 24,
    .shared_name = 16,
    .shared_script = 32,
    .script_source = 8,
    .script_name = 16,
    .script_line_offset = 24,
    .script_line_ends = 56,
    .string_length = 12,
    .string_chars = 16,
    .cons_first = 16,
    .cons_second = 24,
    .sliced_parent = 16,
    .sliced_offset = 24,
    .thin_actual = 16,
    .external_data = 24,
    .array_length = 8,
    .array_data = 16,
    .bytecode_length = 8,
    .bytecode_data = 56,
    .bytecode_positions = 40,
    .scope_locals = 2,
    .scope_first = 3,
    .function_first = 2000,
    .function_last = 2016,
    .type_shared = 300,
    .type_script = 301,
    .type_scope_info = 302,
    .type_bytecode_array = 303,
    .type_byte_array = 304,
    .type_trusted_byte_array = 305,
    .type_fixed_array = 299,
    .type_trusted_fixed_array = 299,
    .type_protected_fixed_array = 299,
    .type_interpreter_data = 306,
    .type_code = 307,
    .type_stream = 308,
    .code_header = 32,
    .code_deopts = 8,
    .code_flags = 48,
    .code_kind_mask = 15,
    .code_baseline = 10,
    .code_size = 52,
    .shared_in_wrapper = SW_V8_NONE,
    .deopts_literals = 2,
    .deopts_shared = 6,
    .deopts_positions = 7,
    .deopts_first = 11,
    .bytecodes = 8,
    .bytecode_size = {{1, 1, 2, 2, 3, 4, 5, 1},
                      {1, 1, 3, 3, 5, 7, 9, 1},
                      {1, 1, 5, 5, 9, 13, 17, 1}},
    .not_string = 128,
    .frame_irregexp = 20,
    .frame_wasm = 5,
    .frame_builtin_exit = 18,
};

static void start(void)
{
    static const uint16_t types[] = {2000, 300, 301, 302, 303, 304, 299, 306,
                                     307,  308, 8,   0,   1,   3,   5,   10};
    image_map(&image);
    layout = &known;
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        image.named[i] = (uint64_t)types[i] << 32; /* the word of a map that has its type */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_language_stack stack;
    static struct sw_unwind_stack native;
    start();
    image_fill(&image, bytes, size);
    struct sw_unwind_input input = {
        .stack = (void *)(uintptr_t)image.low, .stack_low = image.low, .stack_size = IMAGE_BYTES};
    native.count = FRAMES;
    native.complete = size % 2 == 0;
    for (unsigned i = 0; i < FRAMES; i++) {
        native.frame[i].cfa = image.low + 48 + i * 56;
        native.frame[i].function = 0;
        native.frame[i].ip = image.low + 64 + i * 250;
        native.frame[i].exact = i == 0;
    }
    stack.count = 0;
    sw_language_v8.capture(1, &input, &native, &stack);
    HOLDS(stack.count <= FRAMES * SW_V8_INLINED);
    for (unsigned i = 0; i < stack.count; i++) {
        const struct sw_language_frame *frame = &stack.frame[i];
        HOLDS(frame->function == NULL || strlen(frame->function) < NAME_MOST + 16);
        HOLDS(frame->file == NULL || strlen(frame->file) < FILE_MOST);
    }
    return 0;
}
