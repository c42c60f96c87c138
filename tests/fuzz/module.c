/*
 * A module as it lies in memory, when something else has been mapped in its place or written over
 * it: its header, its tables of exports, imports and unwinding, its code, and whether control comes
 * back to a call in it.
 */
#include "image.h"
#include "preload/stack/exports.h"
#include "preload/stack/flow.h"
#include "preload/stack/imports.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_step.h"
#include "preload/stack/unwind_table.h"

#define TABLE_AT 64
#define CODE_AT  512
#define ENTRY_AT 2048 /* of unwind tables (FDE) */

/* What is remembered of a module is remembered by its address; a table has places for 64. */
static struct sw_module modules[65], *module;
static struct image image;

struct sw_module *sw_modules_find(uint64_t address)
{
    return address >= module->low && address < module->high ? module : NULL;
}

int sw_modules_start(void)
{
    return 0;
}

void sw_modules_forget_loader(void)
{
}

/* The next module, with nothing known of it. */
static void start(void)
{
    module = module == &modules[0] ? &modules[64] : &modules[0];
    image_map(&image);
    module->low = module->bias = image.low;
    module->high = image.low + IMAGE_BYTES;
    module->eh_frame_hdr = image.low + TABLE_AT;
    module->symbols_tried = true;
    static bool started;
    char why[256];
    if (!started)
        sw_unwind_start(why, sizeof why);
    started = true;
}

/* The head of a table that can be searched, which chance would not find soon. */
static void put_table(unsigned count)
{
    uint8_t *to = (uint8_t *)(uintptr_t)module->eh_frame_hdr;
    static const uint8_t head[] = {1, 0x1b, 0x03, 0x3b};
    memcpy(to, head, sizeof head);
    memcpy(to + 8, &count, sizeof count);
    for (unsigned i = 0; i < count; i++) { /* one function behind the other */
        int32_t pair[2] = {(int32_t)(CODE_AT - TABLE_AT + i * 256),
                           (int32_t)(ENTRY_AT - TABLE_AT + i * 64)};
        memcpy(to + 12 + i * 8, pair, sizeof pair);
    }
    sw_memory_forget();
}

/* Words of the input are taken as they are: they are code, or numbers in a table. */
static void fill(const uint8_t *bytes, size_t size)
{
    uint8_t *to = (uint8_t *)(uintptr_t)image.low;
    memset(to, 0, IMAGE_BYTES);
    memcpy(to, bytes, size < IMAGE_BYTES ? size : IMAGE_BYTES);
    sw_memory_forget();
}

static void check_flow(uint64_t from, uint64_t call)
{
    struct sw_flow_function function;
    if (sw_flow_function_at(from, &function))
        HOLDS(from >= function.low && from < function.high);
    sw_flow_reaches(from, call);
    sw_flow_reaches_like(from, call);
    sw_flow_turns(call);
    sw_flow_works_after(call);
}

static void check_names(uint64_t slot)
{
    char name[64];
    uint64_t size = 0;
    sw_exports_find(module, "epoll_wait", &slot, &size);
    if (sw_imports_name(module, slot, name, sizeof name) == 0)
        HOLDS(memchr(name, '\0', sizeof name) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct sw_unwind_stack found;
    struct {
        uint16_t from, call;
        uint8_t functions, way;
        uint16_t stack;
    } chosen;
    if (size < sizeof chosen)
        return 0;
    memcpy(&chosen, bytes, sizeof chosen);
    start();
    fill(bytes + sizeof chosen, size - sizeof chosen);
    if (chosen.way % 4 != 0)
        put_table(1 + chosen.functions % 16);
    uint64_t from = image.low + chosen.from % IMAGE_BYTES;
    uint64_t call = image.low + chosen.call % IMAGE_BYTES;
    check_flow(from, call);
    check_names(call);
    HOLDS(sw_unwind_table_start(module, from) <= from);
    struct sw_unwind_input input = {.known = 1u << SW_REG_PC | 1u << SW_REG_SP | 1u << SW_REG_FP,
                                    .exact = chosen.way & 4,
                                    .stack = (void *)(uintptr_t)image.low,
                                    .stack_low = image.low,
                                    .stack_size = IMAGE_BYTES};
    input.reg[SW_REG_PC] = from;
    input.reg[SW_REG_SP] = image.low + chosen.stack % IMAGE_BYTES;
    input.reg[SW_REG_FP] = call;
    sw_libunwind_forbid(chosen.way & 8);
    sw_unwind_run(&input, &found);
    HOLDS(found.count <= SW_UNWIND_FRAMES);
    return 0;
}
