/*
 * How long an instruction is, and where control goes from it: as much of a disassembler as
 * following a function's jumps needs; one file for each architecture. Pure; called by
 * flow.c and callee.c.
 */
#ifndef SW_STACK_INSTRUCTION_H
#define SW_STACK_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define SW_INSTRUCTION_MOST       15 /* bytes */
#define SW_INSTRUCTION_CALL_SHORT 5  /* of a call whose target can be known */
#define SW_INSTRUCTION_CALL_LONG  6
/* Where an instruction points that ends in `word`, read at `at`: what it is relative to is the next
 * one. 0: there are none such. */
#define SW_INSTRUCTION_POINTS(at, word) ((at) + 4 + (uint64_t)(int64_t)(int32_t)(word))
#else
#define SW_INSTRUCTION_MOST             16 /* a PLT's entry counts as one */
#define SW_INSTRUCTION_CALL_SHORT       4
#define SW_INSTRUCTION_CALL_LONG        4
#define SW_INSTRUCTION_POINTS(at, word) ((void)(word), UINT64_C(0))
#endif

enum sw_instruction_kind {
    SW_INSTRUCTION_PLAIN,   /* the next one follows */
    SW_INSTRUCTION_CALL,    /* of `target` */
    SW_INSTRUCTION_CALL_AT, /* of what lies in memory at `target` (through the GOT) */
    SW_INSTRUCTION_CALL_ANY,
    SW_INSTRUCTION_JUMP,    /* to `target` */
    SW_INSTRUCTION_JUMP_AT, /* to what lies in memory at `target` */
    SW_INSTRUCTION_JUMP_ANY,
    SW_INSTRUCTION_BRANCH, /* to `target`, or the next one */
    SW_INSTRUCTION_END     /* ret, ud2, hlt: nothing follows here */
};

struct sw_instruction {
    enum sw_instruction_kind kind;
    unsigned length;
    uint64_t target;
};

/* Decodes the instruction at `address`, whose bytes are `bytes` (`size` of them may be looked at).
 * False: none that is known, or cut off. */
bool sw_instruction_decode(const uint8_t *bytes, size_t size, uint64_t address,
                           struct sw_instruction *instruction);

#endif
