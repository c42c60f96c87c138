/*
 * A step without unwind tables: along frame records (x29: "The Frame Pointer" in the AAPCS64), and
 * by the link register.
 *
 * Called by unwind.c for JIT code and modules without .eh_frame_hdr, and for everything where
 * libunwind is missing. Watchdog thread only. Compilers keep frame records here unless they are
 * told not to, so that this goes through nearly all code; only leaf functions have none.
 *
 * The stack pointer of a caller is not known exactly: what is told is the end of the frame record,
 * which grows as it does.
 */
#include <errno.h>

#include "preload/stack/instruction.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_step.h"
#include "preload/stack/unwind_table.h"

#define ADDRESS_BITS ((UINT64_C(1) << 48) - 1) /* above: a signature of pointer authentication */

/* Where the function of `pc` begins; 0: no table tells. */
static uint64_t start_by_table(uint64_t pc)
{
    struct sw_module *module = sw_modules_find(pc);
    return module != NULL ? sw_unwind_table_start(module, pc) : 0;
}

static bool follows_call(uint64_t address)
{
    uint8_t code[4];
    struct sw_instruction call;
    return address >= sizeof code &&
           sw_memory_read(address - sizeof code, code, sizeof code) == 0 &&
           sw_instruction_decode(code, sizeof code, address - sizeof code, &call) &&
           (call.kind == SW_INSTRUCTION_CALL || call.kind == SW_INSTRUCTION_CALL_ANY);
}

static bool is_return_address(uint64_t address)
{
    return sw_unwind_is_code(address) && follows_call(address);
}

/* The frame record that FP points to. False: it points to none. */
static bool read_record(const struct sw_unwind_state *state, uint64_t *next, uint64_t *back)
{
    uint64_t fp = state->reg[SW_REG_FP];
    if (!sw_unwind_knows(state, SW_REG_FP) || fp % 8 != 0 || fp < state->reg[SW_REG_SP] ||
        fp > UINT64_MAX - 16 || sw_unwind_word(state->input, fp, next) < 0 ||
        sw_unwind_word(state->input, fp + 8, back) < 0)
        return false;
    *back &= ADDRESS_BITS;
    return true;
}

/*
 * Is the caller still in the link register: has the function of the instruction about to run made
 * no frame, or none yet, or taken it down? Then it holds a return address into another function
 * than the one it is in (of its own it would be behind a call that has returned), and the frame
 * record is not the function's own.
 */
static bool is_in_link_register(const struct sw_unwind_state *state, bool recorded, uint64_t back)
{
    uint64_t lr = state->reg[SW_REG_LR] & ADDRESS_BITS, pc = state->reg[SW_REG_PC];
    if (!state->exact || !sw_unwind_knows(state, SW_REG_LR) || !is_return_address(lr) ||
        (recorded && back == lr))
        return false;
    return start_by_table(lr - 1) != start_by_table(pc);
}

static int go_to(struct sw_unwind_state *state, uint64_t pc, uint64_t sp, uint64_t fp)
{
    state->reg[SW_REG_PC] = pc;
    state->reg[SW_REG_SP] = sp;
    state->reg[SW_REG_FP] = fp;
    state->known = SW_REG_BIT(SW_REG_PC) | SW_REG_BIT(SW_REG_SP) | SW_REG_BIT(SW_REG_FP);
    state->exact = false;
    return 1;
}

int sw_unwind_by_frame_pointer(struct sw_unwind_state *state, bool by_fp)
{
    uint64_t next = 0, back = 0;
    bool recorded = read_record(state, &next, &back);
    if (is_in_link_register(state, recorded, back))
        return go_to(state, state->reg[SW_REG_LR] & ADDRESS_BITS, state->reg[SW_REG_SP],
                     state->reg[SW_REG_FP]);
    /* libc begins a program and a thread with FP 0. */
    if (!state->exact && sw_unwind_knows(state, SW_REG_FP) && state->reg[SW_REG_FP] == 0)
        return 0;
    if (!by_fp || !recorded || !is_return_address(back))
        return -ENODATA;
    return go_to(state, back, state->reg[SW_REG_FP] + 16, next);
}
