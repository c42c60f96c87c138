/*
 * aarch64: see machine.h. Numbers as in the "DWARF for the Arm 64-bit Architecture" ABI: x0…x30,
 * sp; pc, which DWARF does not number, behind them, as libunwind has it.
 */
#ifndef SW_MACHINE_AARCH64_H
#define SW_MACHINE_AARCH64_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "common/own_machine.h"

/* The ABI has none: what lies below sp is nobody's. */
#define SW_MACHINE_RED_ZONE 0

/* How far below a frame's CFA its return address lies; 0: not at one place. */
#define SW_MACHINE_RETURN_BELOW_CFA 0

#define SW_REGISTERS 33
enum sw_register {
    SW_REG_X19 = 19,
    SW_REG_FP = 29,
    SW_REG_LR = 30,
    SW_REG_SP = 31,
    SW_REG_PC = 32
};

/* x19 to x30, sp, pc: the order is that of SW_NOTE_REGISTERS. */
struct sw_noted_registers {
    uint64_t x19_to_x28[10], fp, lr, sp, pc;
};

/* Stores the registers that unwinding starts from: callee-saved ones, the link register (the
 * wrapper's own caller until it has made a call), the stack pointer, and where this is. */
#define SW_NOTE_REGISTERS(to)                                                                      \
    __asm__ volatile("stp x19, x20, [%0]\n\t"                                                      \
                     "stp x21, x22, [%0, #16]\n\t"                                                 \
                     "stp x23, x24, [%0, #32]\n\t"                                                 \
                     "stp x25, x26, [%0, #48]\n\t"                                                 \
                     "stp x27, x28, [%0, #64]\n\t"                                                 \
                     "stp x29, x30, [%0, #80]\n\t"                                                 \
                     "mov x16, sp\n\t"                                                             \
                     "adr x17, .\n\t"                                                              \
                     "stp x16, x17, [%0, #96]"                                                     \
                     :                                                                             \
                     : "r"(to)                                                                     \
                     : "x16", "x17", "memory")

/* The registers of a note in their places of `reg`; returns the bits of those. */
static inline uint64_t sw_machine_of_note(const struct sw_noted_registers *noted, uint64_t *reg)
{
    for (int i = 0; i < 10; i++)
        reg[SW_REG_X19 + i] = noted->x19_to_x28[i];
    reg[SW_REG_FP] = noted->fp;
    reg[SW_REG_LR] = noted->lr;
    reg[SW_REG_SP] = noted->sp;
    reg[SW_REG_PC] = noted->pc;
    return (UINT64_C(1) << SW_REGISTERS) - (UINT64_C(1) << SW_REG_X19);
}

/* All registers from a signal's context. */
static inline void sw_machine_of_context(const ucontext_t *context, uint64_t *reg)
{
    for (int i = 0; i < SW_REG_SP; i++)
        reg[i] = context->uc_mcontext.regs[i];
    reg[SW_REG_SP] = context->uc_mcontext.sp;
    reg[SW_REG_PC] = context->uc_mcontext.pc;
}

/* Not memcpy: see x86_64.h. By eight bytes, and the rest one by one. */
static inline void sw_machine_copy(void *to, uint64_t from, size_t size)
{
    uint64_t word;
    for (; size >= 8; size -= 8, from += 8, to = (char *)to + 8)
        __asm__ volatile("ldr %0, [%1]\n\tstr %0, [%2]"
                         : "=&r"(word)
                         : "r"(from), "r"(to)
                         : "memory");
    for (; size > 0; size--, from++, to = (char *)to + 1)
        __asm__ volatile("ldrb %w0, [%1]\n\tstrb %w0, [%2]"
                         : "=&r"(word)
                         : "r"(from), "r"(to)
                         : "memory");
}

/* In a loop that waits for another thread. */
static inline void sw_machine_pause(void)
{
    __asm__ volatile("yield");
}

/*
 * clone(2) with a function to run: the child starts on an empty stack, so it must not return into
 * this frame. x19 and x20 reach the child as they are. `thread_pointer` is looked at with
 * CLONE_SETTLS, clone's other arguments are not with the flags used here. Returns as the system
 * call does.
 */
static inline long sw_machine_clone(unsigned long flags, char *stack_top, void *thread_pointer,
                                    void (*run)(void *), void *argument)
{
    register void (*task)(void *) __asm__("x19") = run;
    register void *given __asm__("x20") = argument;
    register long x8 __asm__("x8") = SYS_clone;
    register long x0 __asm__("x0") = (long)flags;
    register char *x1 __asm__("x1") = stack_top;
    register long x2 __asm__("x2") = 0;
    register void *x3 __asm__("x3") = thread_pointer;
    register long x4 __asm__("x4") = 0;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t"
                     "mov x0, x20\n\t"
                     "blr x19\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(task), "r"(given)
                     : "memory", "cc", "x30");
    return x0;
}

#endif
