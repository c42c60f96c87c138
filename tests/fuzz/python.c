/*
 * CPython's structures: what a walk finds in them while they change, or after the program has
 * written over them. The first word chooses the version; from 3.13 on that is what _PyRuntime says
 * of itself, taken from the input too.
 */
#include <pthread.h>

#include "image.h"
/* With its table of versions, which it keeps to itself. */
#include "preload/languages/python_layout.c"
#include "preload/languages/python_threads.h"
#include "preload/languages/python_walk.h"

#define VERSIONS (sizeof table / sizeof table[0])

static struct image image;
static struct sw_module module;
static struct sw_python python;

static void start(void)
{
    static char code_type, text_type, bytes_type;
    image_map(&image);
    python.module = &module;
    python.code_type = image.named[0] = (uint64_t)(uintptr_t)&code_type;
    python.text_type = image.named[1] = (uint64_t)(uintptr_t)&text_type;
    python.bytes_type = image.named[2] = (uint64_t)(uintptr_t)&bytes_type;
    image.named[3] = (uint64_t)(uintptr_t)pthread_self();
    image.named[4] = 0x64;              /* the state of a short str, ASCII, of one byte */
    image.named[5] = UINT64_C(3) << 48; /* a frame that runs nothing */
}

/* True: there is a layout to go by. */
static bool choose_version(uint64_t choice, const uint64_t *words)
{
    memset(&python.layout, 0, sizeof python.layout);
    if (choice % (VERSIONS + 2) < VERSIONS) {
        python.layout = table[choice % (VERSIONS + 2)];
        fill_common(&python.layout);
        return true;
    }
    const struct parts *parts = choice % 2 == 0 ? &parts_3_13 : &parts_3_14;
    python.layout.minor = 13;
    python.layout.frames = SW_PYTHON_SHIMS;
    python.layout.lines = SW_PYTHON_LOCATIONS;
    return fill_described(words, parts, &python.layout);
}

static void check_stack(const struct sw_language_stack *stack)
{
    HOLDS(stack->count <= SW_LANGUAGE_FRAMES);
    for (unsigned i = 0; i < stack->count; i++) {
        const struct sw_language_frame *frame = &stack->frame[i];
        HOLDS(frame->function == NULL || strlen(frame->function) < 512);
        HOLDS(frame->file == NULL || strlen(frame->file) < 1024);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_language_stack stack;
    uint64_t first, described[MOST_WORDS] = {0};
    if (size < sizeof first)
        return 0;
    start();
    memcpy(&first, bytes, sizeof first);
    bytes += sizeof first;
    size -= sizeof first;
    bool own = first % (VERSIONS + 2) >= VERSIONS;
    size_t taken = own ? (size < sizeof described ? size : sizeof described) : 0;
    memcpy(described, bytes, taken);
    if (!choose_version(first, described))
        return 0;
    image_fill(&image, bytes + taken, size - taken);
    sw_python_walk(&python, image.low, &stack);
    check_stack(&stack);
    struct sw_unwind_input input = {
        .stack = (void *)(uintptr_t)image.low, .stack_low = 0x1000, .stack_size = IMAGE_BYTES};
    uint64_t state = sw_python_thread_state(&python, 1 + (int)(first >> 32 & 127), &input);
    HOLDS(state == 0 || sw_python_thread_of(&python, state) != 0);
    return 0;
}
