/*
 * The entry into a call that is to be noted: see sw_call_enter in call.h. Loop thread.
 *
 * One piece of code for all wrappers, by hand: it is in the caches when the next call of an
 * iteration comes, where some hundred wrappers with a copy each would not be (of what a call costs
 * in nginx more than half was waiting for code and lines); and a function of C's would have put the
 * callee-saved registers, which unwinding starts from, elsewhere. The registers that arguments are
 * passed in stay as they are, so that a wrapper need not put its arguments aside.
 */
#include "preload/notes/call.h"

#if defined(__x86_64__)

/* What the numbers below stand for. */
_Static_assert(offsetof(struct sw_thread, sequence) == 16, "");
_Static_assert(offsetof(struct sw_thread, request) == 20, "");
_Static_assert(offsetof(struct sw_thread, clock_is_tsc) == 30, "");
_Static_assert(offsetof(struct sw_thread, note.entered) == 48, "");
_Static_assert(offsetof(struct sw_thread, note.registers.rbx) == 88, "");
_Static_assert(offsetof(struct sw_thread, note.registers.pc) == 144, "");

/* The rare ways, with the argument registers kept by the code below: the clock is not the TSC, or a
 * sample has been asked for. Both return the odd number that was set. */
uint32_t sw_call_enter_by_clock(struct sw_thread *thread) __attribute__((visibility("hidden")));
uint32_t sw_call_enter_asked(struct sw_thread *thread) __attribute__((visibility("hidden")));

uint32_t sw_call_enter_by_clock(struct sw_thread *thread)
{
    thread->note.entered = sw_clock_fallback_ticks();
    return sw_call_open(thread);
}

uint32_t sw_call_enter_asked(struct sw_thread *thread)
{
    sw_thread_answer_request(thread);
    return atomic_load_explicit(&thread->sequence, memory_order_relaxed);
}

/* rax: the thread; returns the number in eax. Changes rax, r10, r11 and flags alone. */
__attribute__((naked)) void sw_call_enter_noted(void)
{
    __asm__("movq %rbx, 88(%rax)\n\t"
            "movq %rbp, 96(%rax)\n\t"
            "movq %r12, 104(%rax)\n\t"
            "movq %r13, 112(%rax)\n\t"
            "movq %r14, 120(%rax)\n\t"
            "movq %r15, 128(%rax)\n\t"
            /* The wrapper as it goes on behind its call of this. */
            "leaq 8(%rsp), %r10\n\t"
            "movq %r10, 136(%rax)\n\t"
            "movq (%rsp), %r10\n\t"
            "movq %r10, 144(%rax)\n\t"
            "movq %rax, %r11\n\t"
            "cmpw $0, 30(%r11)\n\t"
            "leaq sw_call_enter_by_clock(%rip), %rax\n\t"
            "je 1f\n\t"
            "movq %rdx, %r10\n\t"
            "rdtsc\n\t"
            "shlq $32, %rdx\n\t"
            "orq %rdx, %rax\n\t"
            "movq %r10, %rdx\n\t"
            "movq %rax, 48(%r11)\n\t"
            /* sw_call_open. */
            "movl 16(%r11), %eax\n\t"
            "addl $1, %eax\n\t"
            "movl %eax, 16(%r11)\n\t"
            "cmpl $0, 20(%r11)\n\t"
            "jne 2f\n\t"
            "ret\n"
            "2:\n\t"
            "leaq sw_call_enter_asked(%rip), %rax\n"
            "1:\n\t" SW_KEPT_PUSHES "movq %r11, %rdi\n\t"
            "call *%rax\n\t" SW_KEPT_POPS "ret");
}

SW_KEPT_FUNCTION(sw_call_discard_kept, sw_call_discard)

#endif
