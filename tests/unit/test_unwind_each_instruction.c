/*
 * Every instruction of a piece of work is stepped through with the trap flag, and its stack unwound
 * and compared with one kept on the side by watching calls and returns. What is right at each
 * instruction is right wherever a sample falls: prologues, epilogues, leaves with a red zone, PLT
 * stubs, the loader binding a symbol lazily, IFUNCs, the vDSO.
 */
#include <alloca.h>
#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/unwind.h"
#include "preload/stack/unwind_step.h"

#define DEPTH 200
#define TAIL  32

static struct {
    uint64_t ip, slot;
} shadow[DEPTH];
static unsigned shadow_count;
static uint64_t last_ip, last_sp;
static uint64_t tail[TAIL]; /* the frames outside of the stepped code */
static unsigned tail_count;
static uint64_t stack_high;
static uint64_t stepped, right, short_ones, wrong, longest, in_loader, in_vdso;
static char first_wrong[512], first_short[512];
static volatile uint64_t sink;

static uint64_t word_at(uint64_t address)
{
    uint64_t word;
    memcpy(&word, (void *)(uintptr_t)address, sizeof word);
    return word;
}

static void watch_calls(uint64_t ip, uint64_t sp)
{
    if (sp == last_sp - 8) {
        uint64_t pushed = word_at(sp);
        if (pushed - last_ip >= 2 && pushed - last_ip <= 7 && ip != pushed &&
            shadow_count < DEPTH) {
            shadow[shadow_count].ip = pushed;
            shadow[shadow_count++].slot = sp;
        }
    } else if (shadow_count && ip == shadow[shadow_count - 1].ip &&
               sp == shadow[shadow_count - 1].slot + 8) {
        shadow_count--;
    }
    last_ip = ip;
    last_sp = sp;
}

static void take_input(const ucontext_t *context, struct sw_unwind_input *input)
{
    static const int from[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                               REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                               REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (unsigned i = 0; i < SW_REGISTERS; i++)
        input->reg[i] = (uint64_t)context->uc_mcontext.gregs[from[i]];
    input->known = SW_REG_ALL;
    input->exact = true;
    input->stack_low = input->reg[SW_REG_SP] - 128; /* with the red zone: see unwind.h */
    input->stack = (const void *)(uintptr_t)input->stack_low;
    input->stack_size = stack_high - input->stack_low;
    input->cut = false;
}

static void describe(char *to, size_t size, const struct sw_unwind_stack *stack, unsigned at)
{
    struct sw_module *module = sw_modules_find(stack->frame[0].ip);
    size_t length = (size_t)snprintf(
        to, size, "at %s+%#lx, depth %u, frames %u, bad %u:", module ? module->name : "?",
        stack->frame[0].ip - (module ? module->bias : 0), shadow_count, stack->count, at);
    for (unsigned i = 0; i < stack->count && i < 8 && length < size; i++)
        length += (size_t)snprintf(to + length, size - length, " %#lx", stack->frame[i].ip);
}

/* 0 right; 1 right as far as it goes; 2 wrong */
static int judge(const struct sw_unwind_stack *stack, uint64_t ip, unsigned *at)
{
    unsigned all = 1 + shadow_count + tail_count;
    for (*at = 0; *at < stack->count; ++*at) {
        uint64_t want = *at == 0              ? ip
                        : *at <= shadow_count ? shadow[shadow_count - *at].ip
                        : *at < all           ? tail[*at - 1 - shadow_count]
                                              : 0;
        if (stack->frame[*at].ip != want)
            return 2;
    }
    if (stack->complete && stack->count != all)
        return 2;
    return stack->complete ? 0 : 1;
}

/* int3: remembers what is outside of the stepped code, and turns stepping on or off. */
static void on_breakpoint(ucontext_t *context, const struct sw_unwind_stack *stack)
{
    if (context->uc_mcontext.gregs[REG_EFL] & 0x100) {
        context->uc_mcontext.gregs[REG_EFL] &= ~0x100;
        return;
    }
    tail_count = 0;
    for (unsigned i = 1; i < stack->count && tail_count < TAIL; i++)
        tail[tail_count++] = stack->frame[i].ip;
    context->uc_mcontext.gregs[REG_EFL] |= 0x100;
    last_ip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    last_sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
}

static void on_step(int signal, siginfo_t *info, void *data)
{
    static struct sw_unwind_stack stack;
    struct sw_unwind_input input;
    unsigned at = 0;
    (void)signal;
    take_input(data, &input);
    sw_memory_forget();
    sw_unwind_run(&input, &stack);
    if (info->si_code != TRAP_TRACE) {
        on_breakpoint(data, &stack);
        return;
    }
    watch_calls(input.reg[SW_REG_PC], input.reg[SW_REG_SP]);
    stepped++;
    struct sw_module *module = sw_modules_find(input.reg[SW_REG_PC]);
    in_vdso += module && strcmp(module->name, "[vdso]") == 0;
    in_loader += module && strncmp(module->name, "ld-linux", 8) == 0;
    longest = stack.count > longest ? stack.count : longest;
    switch (judge(&stack, input.reg[SW_REG_PC], &at)) {
    case 0:
        right++;
        break;
    case 1:
        if (short_ones++ == 0)
            describe(first_short, sizeof first_short, &stack, at);
        break;
    default:
        if (wrong++ == 0)
            describe(first_wrong, sizeof first_wrong, &stack, at);
    }
}

#define NEVER_INLINED __attribute__((noinline))

NEVER_INLINED static uint64_t leaf(uint64_t a)
{
    volatile uint64_t red_zone[8];
    for (unsigned i = 0; i < 8; i++)
        red_zone[i] = a * i;
    return red_zone[a & 7];
}

NEVER_INLINED static uint64_t with_alloca(unsigned size)
{
    char *bytes = alloca(size);
    memset(bytes, 1, size);
    sink += leaf((uint64_t)(unsigned char)bytes[size / 2]);
    return sink;
}

NEVER_INLINED static uint64_t many_registers(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t e = leaf(a), f = leaf(b), g = leaf(c), h = leaf(d);
    return leaf(e + a) + leaf(f + b) * leaf(g + c) + leaf(h + d) + e + f + g + h;
}

NEVER_INLINED static uint64_t deep(unsigned depth)
{
    if (depth == 0)
        return with_alloca(100);
    return deep(depth - 1) + leaf(depth);
}

NEVER_INLINED static uint64_t big_frame(void)
{
    volatile char bytes[20000];
    bytes[0] = bytes[19999] = 1;
    return leaf((uint64_t)bytes[0]) + (uint64_t)bytes[19999];
}

struct __attribute__((aligned(64))) wide {
    uint64_t word[8];
};

NEVER_INLINED static uint64_t realigned(uint64_t a)
{
    volatile struct wide wide;
    wide.word[3] = leaf(a);
    return wide.word[3] + with_alloca((unsigned)(a & 31) + 16);
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

NEVER_INLINED static void work(void)
{
    struct timespec now;
    char text[64];
    int numbers[] = {5, 3, 9, 1, 7, 2, 8};
    sink += many_registers(1, 2, 3, 4) + deep(40) + big_frame() + realigned(5);
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "%d %s %.3f", 42, "text", 1.5);
    qsort(numbers, 7, sizeof numbers[0], compare);
    sink += (uint64_t)strtol("12345", NULL, 10) + strlen(text) + (uint64_t)numbers[3];
    free(malloc(1000));
    sink += (uint64_t)getppid();
}

/* int3 at both ends: the handler turns the trap flag on, and off again. */
NEVER_INLINED static void step_through(void)
{
    volatile uint64_t keep = 1;
    __asm__ volatile("int3" ::: "memory");
    work();
    __asm__ volatile("int3" ::: "memory");
    sink += keep;
}

static void setup(void)
{
    stack_t alternative = {.ss_size = 1 << 18};
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    char why[128];
    uint64_t low;
    bool grows;
    alternative.ss_sp =
        mmap(NULL, alternative.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_int_eq(sigaltstack(&alternative, NULL), 0);
    ck_assert_int_eq(sigaction(SIGTRAP, &action, NULL), 0);
    ck_assert_int_eq(sw_modules_start(), 0);
    ck_assert_msg(sw_unwind_start(why, sizeof why) == 0, "%s", why);
    sw_memory_forget();
    ck_assert_int_eq(sw_memory_mapping((uint64_t)(uintptr_t)&low, &low, &stack_high, &grows), 0);
}

static void report(const char *what)
{
    printf("%s: %lu instructions, %lu complete, %lu cut short, %lu wrong; deepest %lu; loader %lu, "
           "vdso %lu\n",
           what, stepped, right, short_ones, wrong, longest, in_loader, in_vdso);
    if (short_ones)
        printf("  first cut short %s\n", first_short);
    if (wrong)
        printf("  first wrong %s\n", first_wrong);
    fflush(stdout);
}

START_TEST(with_tables)
{
    setup();
    step_through();
    report("with libunwind");
    ck_assert_uint_gt(stepped, 5000);
    ck_assert_uint_gt(longest, 45);
    ck_assert_uint_gt(in_vdso, 10);
    ck_assert_msg(wrong == 0, "%s", first_wrong);
    /* none with GNU ld; other linkers make PLTs without tables, whose every instruction cannot be
     * told */
    ck_assert_msg(short_ones * 100 <= stepped, "%s", first_short);
}
END_TEST

START_TEST(without_libunwind)
{
    setup();
    sw_libunwind_forbid(true);
    step_through();
    report("without libunwind");
    ck_assert_uint_gt(stepped, 5000);
    ck_assert_msg(wrong == 0, "%s", first_wrong); /* short it may be */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unwind_each_instruction");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, with_tables);
    tcase_add_test(cases, without_libunwind);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
