/*
 * See instruction.h: A64, where an instruction is four bytes ("Branches, Exception Generating and
 * System instructions" in the Arm Architecture Reference Manual).
 *
 * A PLT's entry (adrp x16; ldr x17; add x16; br x17) is told as one instruction, the jump to what
 * lies in the GOT that it is on x86-64.
 */
#include "preload/stack/instruction.h"

#include <string.h>

#define LENGTH    4
#define PLT_ENTRY 16

static uint32_t word_at(const uint8_t *bytes, unsigned index)
{
    uint32_t word;
    memcpy(&word, bytes + index * LENGTH, sizeof word);
    return word;
}

/* The `bits` bits of `word` from bit `low` on, a signed number. */
static int64_t field(uint32_t word, unsigned low, unsigned bits)
{
    return (int64_t)((uint64_t)word << (64 - low - bits)) >> (64 - bits);
}

/* Does a PLT's entry begin here? Then in `target` the slot that it jumps through. */
static bool is_plt_entry(const uint8_t *bytes, size_t size, uint64_t address, uint64_t *target)
{
    if (size < PLT_ENTRY)
        return false;
    uint32_t adrp = word_at(bytes, 0), load = word_at(bytes, 1);
    if ((adrp & 0x9f00001f) != 0x90000010 || (load & 0xffc003ff) != 0xf9400211 ||
        word_at(bytes, 3) != 0xd61f0220)
        return false;
    uint64_t pages = (uint64_t)(field(adrp, 5, 19) * 4) + (adrp >> 29 & 3);
    *target = (address & ~UINT64_C(4095)) + (pages << 12) + (load >> 10 & 0xfff) * 8;
    return true;
}

/* br and blr, also with pointer authentication; ret and its relatives; what traps. */
static enum sw_instruction_kind kind_of(uint32_t word)
{
    if ((word & 0xfffffc1f) == 0xd63f0000 || (word & 0xfefff800) == 0xd63f0800)
        return SW_INSTRUCTION_CALL_ANY;
    if ((word & 0xfffffc1f) == 0xd61f0000 || (word & 0xfefff800) == 0xd61f0800)
        return SW_INSTRUCTION_JUMP_ANY;
    if ((word & 0xfffff81f) == 0xd65f0000 || (word & 0xfffffbff) == 0xd65f0bff)
        return SW_INSTRUCTION_END;
    if ((word & 0xffe0001f) == 0xd4200000 || (word & 0xffe0001f) == 0xd4400000 || word >> 16 == 0)
        return SW_INSTRUCTION_END; /* brk, hlt, udf */
    return SW_INSTRUCTION_PLAIN;
}

bool sw_instruction_decode(const uint8_t *bytes, size_t size, uint64_t address,
                           struct sw_instruction *instruction)
{
    if (size < LENGTH || address % LENGTH != 0)
        return false;
    uint32_t word = word_at(bytes, 0);
    int64_t distance = 0;
    instruction->length = LENGTH;
    instruction->target = 0;
    if (is_plt_entry(bytes, size, address, &instruction->target)) {
        instruction->kind = SW_INSTRUCTION_JUMP_AT;
        instruction->length = PLT_ENTRY;
        return true;
    }
    if (word >> 26 == 0x05 || word >> 26 == 0x25) { /* b, bl */
        instruction->kind = word >> 31 != 0 ? SW_INSTRUCTION_CALL : SW_INSTRUCTION_JUMP;
        distance = field(word, 0, 26);
    } else if (word >> 24 == 0x54 || (word & 0x7e000000) == 0x34000000) { /* b.cond, cbz, cbnz */
        instruction->kind = SW_INSTRUCTION_BRANCH;
        distance = field(word, 5, 19);
    } else if ((word & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
        instruction->kind = SW_INSTRUCTION_BRANCH;
        distance = field(word, 5, 14);
    } else {
        instruction->kind = kind_of(word);
        return true;
    }
    instruction->target = address + (uint64_t)(distance * LENGTH);
    return true;
}
