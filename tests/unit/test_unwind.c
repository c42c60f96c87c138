/*
 * Stacks of threads in a known chain of calls: noted registers, signal handlers, JIT code, little
 * known, nothing but garbage; and that unwinding does not malloc, does not leak, and what it costs.
 * (Each single instruction: test_unwind_each_instruction.c.)
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols.h"
#include "preload/stack/unwind.h"
#include "preload/stack/unwind_step.h"

/* Whole, and once: gcc makes copies of a function for arguments that it knows, at -O3. */
#if defined(__clang__)
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif

extern void *__libc_malloc(size_t size);
void *malloc(size_t size);
static volatile unsigned long mallocs;
static volatile uint64_t sink;
static struct sw_unwind_input input;
static struct sw_unwind_stack stack;
static uint8_t copy[1 << 20];
static uint64_t interrupted_ip;

void *malloc(size_t size)
{
    mallocs++;
    return __libc_malloc(size);
}

/* The registers as a wrapped call notes them: those that a call keeps, and this very instruction.
 * Then the whole stack is copied, and unwound from the copy. */
#define NOTE()                                                                                     \
    do {                                                                                           \
        uint64_t *reg_ = input.reg;                                                                \
        memset(&input, 0, sizeof input);                                                           \
        __asm__ volatile("mov %%rbx, 24(%0)\n mov %%rbp, 48(%0)\n mov %%rsp, 56(%0)\n"             \
                         "mov %%r12, 96(%0)\n mov %%r13, 104(%0)\n mov %%r14, 112(%0)\n"           \
                         "mov %%r15, 120(%0)\n lea 0(%%rip), %%rax\n mov %%rax, 128(%0)\n"         \
                         :                                                                         \
                         : "r"(reg_)                                                               \
                         : "rax", "memory");                                                       \
        input.known = 0x1f0c8;                                                                     \
        input.exact = true;                                                                        \
    } while (0)

static void take_stack(void)
{
    uint64_t low, high;
    bool grows;
    sw_memory_forget();
    ck_assert_int_eq(sw_memory_mapping(input.reg[SW_REG_SP], &low, &high, &grows), 0);
    input.stack_low = input.reg[SW_REG_SP] - 128;
    size_t size = high - input.stack_low < sizeof copy ? high - input.stack_low : sizeof copy;
    input.stack_size = sw_memory_copy(input.stack_low, copy, size);
    input.stack = copy;
}

/* The functions of the stack, innermost first, joined by spaces: "a b main" */
static const char *names(void)
{
    static char text[8192];
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < stack.count; i++) {
        uint64_t ip = stack.frame[i].ip - (stack.frame[i].exact ? 0 : 1);
        struct sw_module *module = sw_modules_find(ip);
        const char *name =
            module ? sw_symbols_find(sw_symbols_open(module), ip - module->bias, NULL) : NULL;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i ? " " : "",
                                   name ? name : "?");
    }
    return text;
}

static void unwind(void)
{
    memset(&stack, 0xee, sizeof stack);
    sw_unwind_run(&input, &stack);
}

static void start(void)
{
    char why[128] = "";
    ck_assert_int_eq(sw_modules_start(), 0);
    ck_assert_msg(sw_unwind_start(why, sizeof why) == 0, "%s", why);
    sw_memory_forget();
}

static void assert_begins(const char *expected)
{
    ck_assert_msg(strncmp(names(), expected, strlen(expected)) == 0, "%s", names());
}

APART static int chain_c(void)
{
    NOTE();
    take_stack();
    sink++;
    return 1;
}

APART static int chain_b(int depth)
{
    volatile char room[300];
    room[0] = (char)depth;
    return (depth ? chain_b(depth - 1) : chain_c()) + room[0];
}

APART static int chain_a(int depth)
{
    return chain_b(depth) + (int)sink;
}

static void *thread_main(void *argument)
{
    sink += (unsigned)chain_a(*(int *)argument);
    return NULL;
}

START_TEST(thread_to_its_end)
{
    int depth = 2;
    pthread_t thread;
    start();
    ck_assert_int_eq(pthread_create(&thread, NULL, thread_main, &depth), 0);
    pthread_join(thread, NULL);
    unwind();
    assert_begins("chain_c chain_b chain_b chain_b chain_a thread_main");
    ck_assert_uint_ge(stack.count, 7);
    ck_assert(stack.complete);
    for (unsigned i = 1; i + 1 < stack.count; i++)
        ck_assert_uint_gt(stack.frame[i].cfa, stack.frame[i - 1].cfa);
    ck_assert_uint_eq(stack.frame[0].function, (uint64_t)(uintptr_t)chain_c);
}
END_TEST

START_TEST(recursion_fills_all_frames)
{
    start();
    chain_a(500);
    unwind();
    ck_assert_uint_eq(stack.count, SW_UNWIND_FRAMES);
    ck_assert(!stack.complete);
    assert_begins("chain_c chain_b chain_b");
}
END_TEST

START_TEST(copy_that_ends_early_ends_the_stack)
{
    start();
    chain_a(20);
    unwind();
    unsigned all = stack.count;
    ck_assert(stack.complete);
    size_t needed = stack.frame[all - 2].cfa -
                    input.stack_low; /* the last one has none: it is the first function */
    for (size_t size = 0; size + 64 < needed; size += 8) {
        input.stack_size = size;
        unwind();
        ck_assert(!stack.complete);
        ck_assert_uint_lt(stack.count, all);
        ck_assert_uint_ge(stack.count, 1);
    }
}
END_TEST

/* A thread seen in /proc/self/task/TID/syscall: rsp and rip are all there is. */
START_TEST(only_rsp_and_rip)
{
    start();
    chain_a(3);
    input.known = SW_REG_BIT(SW_REG_SP) | SW_REG_BIT(SW_REG_PC);
    input.reg[SW_REG_FP] = 0xdeadbeefdeadbeef;
    unwind();
#ifdef __OPTIMIZE__
    assert_begins("chain_c chain_b chain_b chain_b chain_b chain_a");
#else /* each function finds its frame by rbp, which is not known */
    assert_begins("chain_c");
    ck_assert(!stack.complete);
#endif
    input.known = SW_REG_BIT(SW_REG_SP);
    unwind();
    ck_assert_uint_eq(stack.count, 0);
}
END_TEST

APART static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    interrupted_ip = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    chain_a(0);
}

APART static void interrupted(void)
{
    __asm__ volatile(
        "ud2" ::
            : "memory"); /* the instruction is what the frame stands at, not one after a call */
    sink++;
}

static void on_illegal(int signal, siginfo_t *info, void *context)
{
    on_signal(signal, info, context);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

START_TEST(through_a_signal_handler)
{
    struct sigaction action = {.sa_sigaction = on_illegal, .sa_flags = SA_SIGINFO};
    start();
    sigaction(SIGILL, &action, NULL);
    interrupted();
    unwind();
    ck_assert(stack.complete);
    ck_assert_ptr_nonnull(strstr(names(), " interrupted "));
    unsigned i = 0;
    while (i < stack.count && stack.frame[i].ip != interrupted_ip)
        i++;
    ck_assert_uint_lt(i, stack.count);
    for (unsigned j = 1; j < stack.count; j++)
        ck_assert_msg(stack.frame[j].exact == (j == i), "frame %u in %s", j, names());
}
END_TEST

/* Code without tables: push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret, and one that does as it
 * likes with rbp. */
static void run_jit(const uint8_t *code, size_t size)
{
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void (*function)(int (*)(void));
    ck_assert(page != MAP_FAILED);
    memcpy(page, code, size);
    memcpy(&function, &page, sizeof function);
    function(chain_c);
    unwind();
    ck_assert_uint_eq(stack.frame[1].ip & ~4095ul, (uint64_t)(uintptr_t)page);
    munmap(page, 4096);
}

START_TEST(through_jit_code)
{
    static const uint8_t framed[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
    /* push %rbp; mov %rdi,%rbp; call *%rdi; pop %rbp; ret */
    static const uint8_t unframed[] = {0x55, 0x48, 0x89, 0xfd, 0xff, 0xd7, 0x5d, 0xc3};
    start();
    run_jit(framed, sizeof framed);
    ck_assert_uint_gt(stack.count, 3);
    assert_begins("chain_c ? run_jit");
    run_jit(unframed, sizeof unframed);
    ck_assert_uint_eq(stack.count, 2);
    ck_assert(!stack.complete);
}
END_TEST

static uint64_t random_number(void)
{
    static uint64_t state = 88172645463325252ull;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Registers and words that are garbage of the kinds that go furthest: stack addresses, code
 * addresses, small numbers. */
static uint64_t garbage(void)
{
    uint64_t n = random_number();
    switch (n & 7) {
    case 0:
        return n;
    case 1:
        return (n >> 8) & 0xfff;
    case 2:
    case 3:
        return (uint64_t)(uintptr_t)thread_main + (n >> 8) % 4096;
    case 4:
        return (uint64_t)(uintptr_t)printf + (n >> 8) % 65536 - 32768;
    default:
        return 0x10000000 + ((n >> 8) % 4096 & ~7ul);
    }
}

int main(void);

START_TEST(garbage_never_faults_and_always_ends)
{
    static uint64_t words[512];
    unsigned long frames = 0;
    start();
    for (unsigned round = 0; round < 100000; round++) {
        for (unsigned i = 0; i < 512; i += round % 7 + 1)
            words[i] = garbage();
        memset(&input, 0, sizeof input);
        for (unsigned i = 0; i < SW_REGISTERS; i++)
            input.reg[i] = garbage();
        input.reg[SW_REG_SP] = 0x10000000 + random_number() % 256;
        if (round % 8)
            input.reg[SW_REG_PC] =
                (uint64_t)(uintptr_t)(round % 8 < 4 ? (void *)printf : (void *)main) +
                random_number() % 16384;
        input.known = round % 5 ? 0x1ffff : (uint32_t)random_number();
        input.exact = round & 1;
        input.stack = words;
        input.stack_low = 0x10000000;
        input.stack_size = round % 3 ? sizeof words : random_number() % sizeof words;
        if (round % 64 == 0)
            sw_memory_forget();
        sw_libunwind_forbid(round % 4 == 3);
        unwind();
        ck_assert_uint_le(stack.count, SW_UNWIND_FRAMES);
        frames += stack.count;
    }
    sw_libunwind_forbid(false);
    ck_assert_uint_gt(frames, 50000);
}
END_TEST

static long resident_kib(void)
{
    long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    return resident * 4;
}

START_TEST(cost_and_memory)
{
    struct timespec from, to;
    start();
    chain_a(30 - 7);
    unwind();
    ck_assert_uint_ge(stack.count, 30);
    long before = resident_kib();
    unsigned long mallocs_before = mallocs;
    const unsigned rounds = 5000;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < rounds; i++) {
        sw_memory_forget();
        sw_unwind_run(&input, &stack);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    double us =
        ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / 1e3;
    ck_assert_uint_eq(mallocs, mallocs_before);
    ck_assert_int_lt(resident_kib() - before, 512);
    printf("%u frames: %.1f us\n", stack.count, us / rounds);
    ck_assert(us / rounds < 5000); /* far off: the machine may be busy, or under valgrind */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unwind");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, thread_to_its_end);
    tcase_add_test(cases, recursion_fills_all_frames);
    tcase_add_test(cases, copy_that_ends_early_ends_the_stack);
    tcase_add_test(cases, only_rsp_and_rip);
    tcase_add_test(cases, through_a_signal_handler);
    tcase_add_test(cases, through_jit_code);
    tcase_add_test(cases, garbage_never_faults_and_always_ends);
    tcase_add_test(cases, cost_and_memory);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
