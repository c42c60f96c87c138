/*
 * Calls of C functions from a wrapper's rare ways that leave the registers alone which arguments
 * are passed in: a wrapper that had to put its arguments aside for the one time in a million would
 * do so each time.
 *
 * SW_KEPT_FUNCTION(stub, function) defines the stub, in one file: it calls function(rax, r11) and
 * returns in rax what that does. SW_KEPT_CALL(stub, function, a, b) calls it; where no stub is
 * written for the processor, the function itself.
 */
#ifndef SW_NOTES_KEPT_H
#define SW_NOTES_KEPT_H

#if defined(__x86_64__)

#define SW_KEPT_CLOBBERS                                                                           \
    "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",        \
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

#define SW_KEPT_CALL(stub, function, a, b)                                                         \
    ({                                                                                             \
        register uint64_t second_ __asm__("r11") = (uint64_t)(b);                                  \
        uint64_t result_;                                                                          \
        __asm__ volatile("call %P3"                                                                \
                         : "=a"(result_), "+r"(second_)                                            \
                         : "0"((uint64_t)(a)), "i"(stub)                                           \
                         : "r10", SW_KEPT_CLOBBERS);                                               \
        result_;                                                                                   \
    })

/* The stack is aligned for what is called: a wrapper that has not made its frame yet has it 8 bytes
 * off. */
#define SW_KEPT_PUSHES                                                                             \
    "pushq %rbp\n\t"                                                                               \
    ".cfi_def_cfa_offset 16\n\t"                                                                   \
    ".cfi_offset %rbp, -16\n\t"                                                                    \
    "movq %rsp, %rbp\n\t"                                                                          \
    ".cfi_def_cfa_register %rbp\n\t"                                                               \
    "pushq %rdi\n\t"                                                                               \
    "pushq %rsi\n\t"                                                                               \
    "pushq %rdx\n\t"                                                                               \
    "pushq %rcx\n\t"                                                                               \
    "pushq %r8\n\t"                                                                                \
    "pushq %r9\n\t"                                                                                \
    "andq $-16, %rsp\n\t"
#define SW_KEPT_POPS                                                                               \
    "leaq -48(%rbp), %rsp\n\t"                                                                     \
    "popq %r9\n\t"                                                                                 \
    "popq %r8\n\t"                                                                                 \
    "popq %rcx\n\t"                                                                                \
    "popq %rdx\n\t"                                                                                \
    "popq %rsi\n\t"                                                                                \
    "popq %rdi\n\t"                                                                                \
    "popq %rbp\n\t"                                                                                \
    ".cfi_restore %rbp\n\t"                                                                        \
    ".cfi_def_cfa %rsp, 8\n\t"

#define SW_KEPT_FUNCTION(stub, function)                                                           \
    __attribute__((naked)) void stub(void)                                                         \
    {                                                                                              \
        __asm__(SW_KEPT_PUSHES "movq %rax, %rdi\n\t"                                               \
                               "movq %r11, %rsi\n\t"                                               \
                               "call " #function "\n\t" SW_KEPT_POPS "ret");                       \
    }

#else

#define SW_KEPT_CALL(stub, function, a, b) ((uint64_t)function((a), (b)))
#define SW_KEPT_FUNCTION(stub, function)

#endif

#endif
