/* Registers and a stack as a thread may have left them: any bytes, with addresses of real code here
 * and there, so that unwinding has something to go by. */
#include "preload/stack/unwind.h"
#include "fuzz.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"

#define STACK 4096

static void start(void)
{
    static bool started;
    char why[256];
    if (started)
        return;
    started = true;
    sw_modules_start();
    sw_unwind_start(why, sizeof why);
}

/* A word of the input: taken as it is, as an address in this program, in libc, or on the stack. */
static uint64_t word_of(uint64_t word, uint64_t low)
{
    switch (word >> 62) {
    case 1:
        return (uint64_t)(uintptr_t)start + (word & 0xffff) - 0x4000;
    case 2:
        return (uint64_t)(uintptr_t)qsort + (word & 0xffff) - 0x4000;
    case 3:
        return low + (word & (STACK - 1));
    default:
        return word;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint64_t stack[STACK / 8];
    static struct sw_unwind_stack found;
    struct sw_unwind_input input;
    uint64_t low = (uint64_t)(uintptr_t)stack;
    start();
    memset(&input, 0, sizeof input);
    memset(stack, 0, sizeof stack);
    for (size_t i = 0; (i + 1) * 8 <= size && i < SW_REGISTERS + STACK / 8; i++) {
        uint64_t word;
        memcpy(&word, bytes + i * 8, 8);
        *(i < SW_REGISTERS ? &input.reg[i] : &stack[i - SW_REGISTERS]) = word_of(word, low);
    }
    input.known = SW_REG_ALL;
    input.exact = size % 2 == 0;
    input.stack = stack;
    input.stack_low = low;
    input.stack_size = sizeof stack;
    sw_memory_forget();
    sw_unwind_run(&input, &found);
    HOLDS(found.count <= SW_UNWIND_FRAMES);
    return 0;
}
