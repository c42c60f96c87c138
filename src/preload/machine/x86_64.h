/*
 * x86-64: see machine.h. Numbers as in the ABI's table "DWARF Register Number Mapping".
 */
#ifndef SW_MACHINE_X86_64_H
#define SW_MACHINE_X86_64_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "common/own_machine.h"

/* What a function may use below its stack pointer, and a signal's frame leaves alone. */
#define SW_MACHINE_RED_ZONE 128

/* How far below a frame's CFA its return address lies; 0: not at one place. */
#define SW_MACHINE_RETURN_BELOW_CFA 8

/* rax rdx rcx rbx rsi rdi rbp rsp r8…r15 rip */
#define SW_REGISTERS 17
enum sw_register { SW_REG_RBX = 3, SW_REG_FP = 6, SW_REG_SP = 7, SW_REG_R12 = 12, SW_REG_PC = 16 };

/* Registers as the wrapper's asm statement stores them: its order is that of SW_NOTE_REGISTERS. */
struct sw_noted_registers {
    uint64_t rbx, fp, r12, r13, r14, r15, sp, pc;
};

/*
 * Stores the registers that unwinding starts from: callee-saved ones, the stack pointer, and the
 * address of the very instruction, so that the wrapper's own unwind table leads on. Return
 * addresses noted from C give wrong registers (tried).
 */
#define SW_NOTE_REGISTERS(to)                                                                      \
    __asm__ volatile("movq %%rbx, 0(%0)\n\t"                                                       \
                     "movq %%rbp, 8(%0)\n\t"                                                       \
                     "movq %%r12, 16(%0)\n\t"                                                      \
                     "movq %%r13, 24(%0)\n\t"                                                      \
                     "movq %%r14, 32(%0)\n\t"                                                      \
                     "movq %%r15, 40(%0)\n\t"                                                      \
                     "movq %%rsp, 48(%0)\n\t"                                                      \
                     "leaq 0(%%rip), %%rax\n\t"                                                    \
                     "movq %%rax, 56(%0)"                                                          \
                     :                                                                             \
                     : "r"(to)                                                                     \
                     : "rax", "memory")

/* The registers of a note in their places of `reg`; returns the bits of those. */
static inline uint64_t sw_machine_of_note(const struct sw_noted_registers *noted, uint64_t *reg)
{
    reg[SW_REG_RBX] = noted->rbx;
    reg[SW_REG_FP] = noted->fp;
    reg[SW_REG_R12] = noted->r12;
    reg[SW_REG_R12 + 1] = noted->r13;
    reg[SW_REG_R12 + 2] = noted->r14;
    reg[SW_REG_R12 + 3] = noted->r15;
    reg[SW_REG_SP] = noted->sp;
    reg[SW_REG_PC] = noted->pc;
    return UINT64_C(0x1f0c8);
}

/* All registers from a signal's context. */
static inline void sw_machine_of_context(const ucontext_t *context, uint64_t *reg)
{
    static const int places[SW_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                             REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                             REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (int i = 0; i < SW_REGISTERS; i++)
        reg[i] = (uint64_t)context->uc_mcontext.gregs[places[i]];
}

/* Not memcpy, which in a program built with AddressSanitizer is the sanitizer's: it ends the
 * program for a copy of what lies between a stack's variables. */
static inline void sw_machine_copy(void *to, uint64_t from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

/* In a loop that waits for another thread. */
static inline void sw_machine_pause(void)
{
    __builtin_ia32_pause();
}

/*
 * clone(2) with a function to run: the child starts on an empty stack, so it must not return into
 * this frame. r12 and r13 reach the child as they are. `thread_pointer` is looked at with
 * CLONE_SETTLS, clone's other arguments are not with the flags used here. Returns as the system
 * call does.
 */
static inline long sw_machine_clone(unsigned long flags, char *stack_top, void *thread_pointer,
                                    void (*run)(void *), void *argument)
{
    register void (*task)(void *) __asm__("r12") = run;
    register void *given __asm__("r13") = argument;
    register void *storage __asm__("r8") = thread_pointer;
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r13, %%rdi\n\t"
                     "call *%%r12\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "0"((long)SYS_clone), "D"(flags), "S"(stack_top), "d"(0L), "r"(task),
                       "r"(given), "r"(storage)
                     : "rcx", "r11", "memory", "cc");
    return result;
}

/* Calls `run` on another stack. Not inlined: what a call may change, this may. */
static __attribute__((noinline, unused)) void sw_machine_call_on(char *stack_top, void (*run)(void))
{
    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "mov %0, %%rsp\n\t"
                     "call *%1\n\t"
                     "mov %%rbx, %%rsp"
                     : "+S"(stack_top), "+D"(run)
                     :
                     : "rbx", "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
}

#endif
