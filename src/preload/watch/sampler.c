/*
 * See sampler.h. The handler runs on a loop thread at any instruction: it copies and stores,
 * nothing else. No lock, no malloc, no system call, errno untouched.
 */
#include "preload/watch/sampler.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "preload/interpose/signals.h"
#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/account.h"

#define MOST_STACK     (256 * 1024)
#define TOUCHED_BEYOND (32 * 1024) /* callbacks go this much deeper than the wait, mostly */
#define RED_ZONE       128
/* The main thread's stack may have grown since its bounds were read; within this below it nothing
 * else is mapped (the kernel's stack_guard_gap, 1 MiB). */
#define GUARD_GAP        (512 * 1024)
#define ANSWER_WITHIN_NS UINT64_C(20000000)

static struct {
    struct sw_stack_bounds bounds;
    uint64_t reg[SW_REGISTERS];
    uint64_t low;
    uint64_t size;
} sample;
static unsigned char *sample_bytes;
static bool have_fence;

#if defined(__x86_64__)
/* DWARF's order of registers from the kernel's (gregs of ucontext). */
static const int greg_of[SW_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                          REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                          REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
#endif

static void copy_stack(uint64_t sp)
{
    sample.size = 0;
    uint64_t low_end = sample.bounds.grows ? sample.bounds.low - GUARD_GAP : sample.bounds.low;
    if (sp >= sample.bounds.high || sp < low_end)
        return;
    /* Below the stack pointer lies the red zone, which the kernel's signal frame left alone; the
     * page may not be there. */
    uint64_t low = sp - RED_ZONE >= sample.bounds.low ? sp - RED_ZONE : sp;
    uint64_t size = sample.bounds.high - low;
    if (size > MOST_STACK)
        size = MOST_STACK;
    memcpy(sample_bytes, (const void *)(uintptr_t)low, size);
    sample.low = low;
    sample.size = size;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    struct sw_thread *thread = sw_thread_self;
    if (thread == NULL || atomic_load(&thread->request) != SW_REQUEST_SENDING)
        return;
    const ucontext_t *user = context;
    for (int i = 0; i < SW_REGISTERS; i++)
        sample.reg[i] = (uint64_t)user->uc_mcontext.gregs[greg_of[i]];
    copy_stack(sample.reg[SW_REG_RSP]);
    atomic_store(&thread->request, SW_REQUEST_TAKEN);
}

/* Nearest the top first: programs that use real-time signals count from SIGRTMIN. */
static bool take_signal(int asked)
{
    int last = asked != 0 ? asked : SIGRTMAX - 1;
    int first = asked != 0 ? asked : SIGRTMIN + 3;
    for (int number = last; number >= first; number--) {
        struct sigaction now;
        if (sw_signals_query(number, &now) != 0)
            continue;
        if (asked == 0 && now.sa_handler != SIG_DFL && now.sa_sigaction != on_signal)
            continue;
        struct sigaction ours;
        memset(&ours, 0, sizeof ours);
        ours.sa_sigaction = on_signal;
        ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
        sigfillset(&ours.sa_mask);
        if (sw_signals_install(number, &ours) == 0)
            return true;
    }
    return false;
}

bool sw_sampler_start(int asked_signal)
{
    have_fence = sw_kernel3(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    if (!have_fence)
        return false;
    if (sample_bytes == NULL) {
        long address = sw_kernel6(SYS_mmap, 0, MOST_STACK, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address < 0 && address > -4096)
            return false;
        sample_bytes = (unsigned char *)address;
    }
    return take_signal(asked_signal);
}

/* Touches the pages that the copy will need, so that the handler does not wait for them: a first
 * touch costs more than the copy. */
static void touch_buffer(const struct sw_thread *thread, const struct sw_stack_bounds *bounds)
{
    static size_t touched;
    uint64_t sp = thread->outer != NULL ? thread->outer->wait_sp : bounds->high;
    uint64_t depth = sp < bounds->high ? bounds->high - sp : 0;
    size_t wanted = (size_t)depth + TOUCHED_BEYOND;
    for (; touched < wanted && touched < MOST_STACK; touched += 4096)
        ((volatile unsigned char *)sample_bytes)[touched] = 0;
}

static void take_back(struct sw_thread *thread)
{
    uint32_t asked = SW_REQUEST_ASKED;
    atomic_compare_exchange_strong(&thread->request, &asked, SW_REQUEST_IDLE);
}

/* Asks, and sends the signal if the thread is still outside of calls. */
static int send_request(struct sw_thread *thread, int number)
{
    atomic_store(&thread->request, SW_REQUEST_ASKED);
    sw_kernel3(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    if (atomic_load(&thread->sequence) & 1) {
        take_back(thread);
        return -EBUSY;
    }
    struct sw_syscall_view view;
    sw_account_syscall(thread->tid, &view);
    if (!view.known || !view.running) {
        take_back(thread);
        return -EBUSY;
    }
    uint32_t asked = SW_REQUEST_ASKED;
    if (!atomic_compare_exchange_strong(&thread->request, &asked, SW_REQUEST_SENDING))
        return -EBUSY;
    if (sw_kernel3(SYS_tgkill, sw_process->pid, thread->tid, number) != 0) {
        atomic_store(&thread->request, SW_REQUEST_IDLE);
        return -EPERM;
    }
    return 0;
}

static bool wait_for_answer(struct sw_thread *thread)
{
    uint64_t until = sw_clock_monotonic_ns() + ANSWER_WITHIN_NS;
    struct timespec rest = {0, 20000};
    for (int i = 0; atomic_load(&thread->request) != SW_REQUEST_TAKEN; i++) {
        if (i < 200) {
            __builtin_ia32_pause();
            continue;
        }
        if (sw_clock_monotonic_ns() > until)
            return false;
        sw_kernel3(SYS_nanosleep, (long)&rest, 0, 0);
    }
    return true;
}

int sw_sampler_take(struct sw_thread *thread, const struct sw_stack_bounds *bounds,
                    struct sw_unwind_input *input)
{
    /* A signal that was sent and never answered is still on its way: not another one. */
    uint32_t request = atomic_load(&thread->request);
    if (request == SW_REQUEST_TAKEN)
        atomic_store(&thread->request, SW_REQUEST_IDLE);
    else if (request != SW_REQUEST_IDLE)
        return -EAGAIN;
    if (!have_fence)
        return -EPERM;
    int number = sw_signals_ours();
    if (number == 0 && take_signal(0))
        number = sw_signals_ours();
    if (number == 0 || !sw_account_may_signal(thread->tid, number))
        return -EPERM;
    sample.bounds = *bounds;
    touch_buffer(thread, bounds);
    int error = send_request(thread, number);
    if (error != 0)
        return error;
    if (!wait_for_answer(thread))
        return -EAGAIN;
    atomic_store(&thread->request, SW_REQUEST_IDLE);
    memcpy(input->reg, sample.reg, sizeof input->reg);
    input->known = (1u << SW_REGISTERS) - 1;
    input->exact = true;
    input->stack = sample_bytes;
    input->stack_low = sample.low;
    input->stack_size = sample.size;
    return sample.size > 0 ? 0 : -EFAULT;
}
