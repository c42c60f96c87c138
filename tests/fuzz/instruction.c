/* Code of the program's, which may be no code at all. */
#include "preload/stack/instruction.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    uint8_t *code = (uint8_t *)fuzz_string(bytes, size);
    for (size_t at = 0; at < size;) {
        struct sw_instruction one;
        if (!sw_instruction_decode(code + at, size - at, 0x1000 + at, &one))
            break;
        HOLDS(one.length > 0 && one.length <= SW_INSTRUCTION_MOST && one.length <= size - at);
        at += one.length;
    }
    free(code);
    return 0;
}
