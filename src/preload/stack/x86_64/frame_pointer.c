/*
 * A step without unwind tables: along the frame pointer, and out of the few instructions that say
 * where the return address is.
 *
 * Called by unwind.c for JIT code and modules without .eh_frame_hdr, and for everything where
 * libunwind is missing. Watchdog thread only.
 *
 * rbp may be anything in code that does not keep frame pointers. What is required (aligned, above
 * rsp, within the copied stack, and a return address there that follows a call) a number passing
 * through a register does not meet by chance; an outer frame's rbp does, and then frames are
 * missing. Hence the rules in unwind.c on when to ask.
 */
#include <errno.h>
#include <string.h>

#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind_step.h"
#include "preload/stack/unwind_table.h"

#define FIRST_BYTES 5 /* endbr64 and a push %rbp */

/* Length of the memory or register operand that `modrm` begins (without a REX prefix's doing), with
 * it. */
static unsigned operand_length(uint8_t modrm)
{
    unsigned mode = modrm >> 6, rm = modrm & 7;
    unsigned length = mode != 3 && rm == 4 ? 2 : 1; /* a SIB byte */
    if (mode == 1)
        return length + 1;
    if (mode == 2 || (mode == 0 && rm == 5))
        return length + 4;
    return length;
}

/* Does an instruction end here that pushed this very address: call rel32 (E8) or call r/m64 (FF
 * /2)? With a SIB byte of base 5 and mode 0 a displacement follows too. */
static bool follows_call(uint64_t address)
{
    uint8_t code[8];
    if (address < sizeof code || sw_memory_read(address - sizeof code, code, sizeof code) < 0)
        return false;
    if (code[3] == 0xe8)
        return true;
    for (unsigned length = 2; length <= 7; length++) {
        const uint8_t *at = code + sizeof code - length;
        if (at[0] != 0xff || (at[1] >> 3 & 7) != 2)
            continue;
        unsigned operand = operand_length(at[1]);
        if (at[1] >> 6 == 0 && (at[1] & 7) == 4 && length >= 3 && (at[2] & 7) == 5)
            operand += 4;
        if (operand + 1 == length)
            return true;
    }
    return false;
}

/* `jmp *address(%rip)`, also with bnd: what a PLT stub does, and a tail call */
static bool is_indirect_jump(const uint8_t *code)
{
    if (code[0] == 0xf2)
        code++;
    return code[0] == 0xff && code[1] == 0x25;
}

/* Where the function of `ip` begins; 0: no table tells. */
static uint64_t start_by_table(uint64_t ip)
{
    struct sw_module *module = sw_modules_find(ip);
    return module && !sw_unwind_trusts(module) ? sw_unwind_table_start(module, ip) : 0;
}

/* May `ip` be at one of a function's first instructions, where nothing has been pushed before? A
 * push %rbp farther in comes after other pushes. Without a table (JIT) nothing says that it is not.
 */
static bool may_be_first(uint64_t ip)
{
    uint64_t start = start_by_table(ip);
    return start == 0 || ip - start <= FIRST_BYTES;
}

/*
 * How far above rsp the return address is, going by the instruction about to run; -1: it does not
 * say. *saved tells that the word below it is the caller's rbp.
 */
static int offset_by_instruction(uint64_t ip, bool prologues, bool *saved)
{
    static const uint8_t endbr[] = {0xf3, 0x0f, 0x1e, 0xfa};
    uint8_t bytes[12], before = 0;
    const uint8_t *code = bytes;
    *saved = false;
    if (sw_memory_read(ip, bytes, sizeof bytes) < 0)
        return -1;
    if (memcmp(code, endbr, sizeof endbr) == 0)
        code += sizeof endbr;
    if (is_indirect_jump(code) || code[0] == 0xc3 || code[0] == 0xc2 ||
        (code[0] == 0xf3 && code[1] == 0xc3))
        return 0;
    if (code[0] == 0x68 && code[5] == 0xe9) /* a PLT's push $index; jmp: not bound yet */
        return 0;
    if (!prologues || !may_be_first(ip))
        return -1;
    if (code[0] == 0x55) /* push %rbp */
        return 0;
    bool moves = (code[0] == 0x48 && code[1] == 0x89 && code[2] == 0xe5) ||
                 (code[0] == 0x48 && code[1] == 0x8b && code[2] == 0xec);
    if (moves && sw_memory_read(ip - 1, &before, 1) == 0 && before == 0x55) {
        *saved = true;
        return 8;
    }
    return -1;
}

/*
 * Has the function of `ip` made its frame, as far as can be told? With a table its start is known,
 * and a `push %rbp` and a `mov %rsp,%rbp` must stand there, before `ip`; and no `leave` or `pop
 * %rbp` shortly before an exact `ip`. Without a table (JIT) it is taken to have.
 */
static bool frame_is_made(uint64_t ip, bool exact)
{
    uint8_t code[32];
    uint64_t start = start_by_table(ip - (exact ? 0 : 1));
    if (!start)
        return true;
    if (sw_memory_read(start, code, sizeof code) < 0)
        return false;
    unsigned at = code[0] == 0xf3 && code[1] == 0x0f ? 4 : 0; /* endbr64 */
    if (code[at++] != 0x55)
        return false;
    while (at < sizeof code - 3 && memcmp(code + at, "\x48\x89\xe5", 3) != 0)
        at++;
    if (at >= sizeof code - 3 || ip < start + at + 3)
        return false;
    uint64_t behind = ip - (start + at + 3);
    if (!exact)
        return true;
    unsigned before = behind < 8 ? (unsigned)behind : 8;
    if (sw_memory_read(ip - before, code, before) < 0)
        return false;
    return !memchr(code, 0xc9, before) && !memchr(code, 0x5d, before);
}

/*
 * An interpreter that was compiled at run time pushes where it wants to go on, and jumps (the
 * JVM's): no call stands before. Where the frame outside of it is linked as it should be as well,
 * that is believed.
 */
static bool is_pushed(const struct sw_unwind_state *state, uint64_t return_at, uint64_t ip,
                      uint64_t rbp)
{
    uint64_t next;
    return !sw_modules_find(ip) && rbp % 8 == 0 && rbp > return_at && rbp <= UINT64_MAX - 16 &&
           sw_unwind_word(state->input, rbp + 8, &next) == 0 && sw_unwind_is_code(next);
}

/* Bytes between rsp and the return address where the code that is returned to only takes room off
 * the stack and returns: a trampoline without a frame (CPython's -X perf). 0: it is none. */
static unsigned room_taken_off(uint64_t ip)
{
    uint8_t code[5]; /* add $8,%rsp; ret */
    return sw_memory_read(ip, code, sizeof code) == 0 && memcmp(code, "\x48\x83\xc4", 3) == 0 &&
                   code[3] < 128 && code[3] % 8 == 0 && code[4] == 0xc3
               ? code[3]
               : 0;
}

static int caller_at(struct sw_unwind_state *state, uint64_t return_at, bool saved)
{
    uint64_t ip, rbp = state->reg[SW_REG_FP];
    bool rbp_known = saved || sw_unwind_knows(state, SW_REG_FP);
    if (return_at % 8 != 0 || sw_unwind_word(state->input, return_at, &ip) < 0 ||
        (saved && sw_unwind_word(state->input, return_at - 8, &rbp) < 0) ||
        !sw_unwind_is_code(ip) ||
        !(follows_call(ip) || (saved && is_pushed(state, return_at, ip, rbp))))
        return -ENODATA;
    state->reg[SW_REG_PC] = ip;
    state->reg[SW_REG_SP] = return_at + 8;
    state->reg[SW_REG_FP] = rbp;
    state->known =
        SW_REG_BIT(SW_REG_PC) | SW_REG_BIT(SW_REG_SP) | (rbp_known ? SW_REG_BIT(SW_REG_FP) : 0);
    state->exact = false;
    return 1;
}

int sw_unwind_by_frame_pointer(struct sw_unwind_state *state, bool by_rbp)
{
    uint64_t sp = state->reg[SW_REG_SP], rbp = state->reg[SW_REG_FP];
    if (state->exact) {
        bool saved;
        int offset = offset_by_instruction(state->reg[SW_REG_PC], by_rbp, &saved);
        if (offset >= 0)
            return caller_at(state, sp + (unsigned)offset, saved);
    }
    unsigned room = by_rbp && !state->exact ? room_taken_off(state->reg[SW_REG_PC]) : 0;
    if (room != 0 && caller_at(state, sp + room, false) > 0)
        return 1;
    if (!by_rbp || !sw_unwind_knows(state, SW_REG_FP) || rbp % 8 != 0 || rbp < sp ||
        rbp > UINT64_MAX - 16 || !frame_is_made(state->reg[SW_REG_PC], state->exact))
        return -ENODATA;
    return caller_at(state, rbp + 8, true);
}
