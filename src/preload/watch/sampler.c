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

#define SLOTS 4

enum slot_state { SLOT_FREE, SLOT_SENT, SLOT_TAKEN };

/*
 * One signal on its way, and what its handler wrote. On a busy machine a thread may answer long
 * after the watchdog has gone on: the slot stays its until then. The signal carries the slot and
 * its serial number, so that a handler never writes for a question that is not its own.
 */
static struct slot {
    _Atomic uint32_t state; /* enum slot_state */
    _Atomic uint32_t serial;
    int tid;
    struct sw_thread *thread; /* NULL: a thread that has no record */
    struct sw_stack_bounds bounds;
    _Atomic uint32_t
        hold;            /* the serial for which the thread is to stand still; 0: not (any more) */
    uint64_t hold_ticks; /* at most */
    uint64_t ticks;      /* when it was taken */
    uint64_t began;      /* of the iteration that it was taken in */
    uint64_t reg[SW_REGISTERS];
    uint64_t low;
    uint64_t size;
    unsigned char *bytes;
    size_t touched;
} slots[SLOTS];
static struct slot *handed; /* its bytes are being used */
static uint32_t last_serial;
static uint64_t hold_most_ns;
static bool have_fence;

#if defined(__x86_64__)
/* DWARF's order of registers from the kernel's (gregs of ucontext). */
static const int greg_of[SW_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                          REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                          REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
#endif

static void copy_stack(struct slot *slot, uint64_t sp)
{
    const struct sw_stack_bounds *bounds = &slot->bounds;
    slot->size = 0;
    uint64_t low_end = bounds->grows ? bounds->low - GUARD_GAP : bounds->low;
    if (sp >= bounds->high || sp < low_end)
        return;
    /* Below the stack pointer lies the red zone, which the kernel's signal frame left alone; the
     * page may not be there. */
    uint64_t low = sp - RED_ZONE >= bounds->low ? sp - RED_ZONE : sp;
    uint64_t size = bounds->high - low;
    if (size > MOST_STACK)
        size = MOST_STACK;
    memcpy(slot->bytes, (const void *)(uintptr_t)low, size);
    slot->low = low;
    slot->size = size;
}

/* A language's frames lie on the heap and change as the thread runs. It waits, for a time that is
 * short by any measure of a stall, while the watchdog reads them; not on a lock: when the time is
 * over it goes on whatever the watchdog does. */
static void stand_still(struct slot *slot, uint32_t serial)
{
    uint64_t began = sw_clock_ticks();
    while (atomic_load_explicit(&slot->hold, memory_order_acquire) == serial) {
        if (sw_clock_ticks() - began > slot->hold_ticks) {
            atomic_compare_exchange_strong(&slot->hold, &serial, 0);
            return;
        }
        __builtin_ia32_pause();
    }
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
    uintptr_t value = (uintptr_t)info->si_value.sival_ptr;
    struct sw_thread *thread = sw_thread_self;
    struct slot *slot = &slots[value % SLOTS];
    /* Another signal of this number: the watchdog's own to wake, or somebody's kill(1). */
    if (info->si_code != SI_QUEUE || atomic_load(&slot->state) != SLOT_SENT ||
        atomic_load(&slot->serial) != value / SLOTS)
        return;
    if (slot->thread != NULL &&
        (slot->thread != thread || atomic_load(&thread->request) != SW_REQUEST_SENDING))
        return;
    const ucontext_t *user = context;
    for (int i = 0; i < SW_REGISTERS; i++)
        slot->reg[i] = (uint64_t)user->uc_mcontext.gregs[greg_of[i]];
    copy_stack(slot, slot->reg[SW_REG_RSP]);
    slot->ticks = sw_clock_ticks();
    slot->began =
        slot->thread != NULL && thread->outer != NULL ? atomic_load(&thread->outer->busy_since) : 0;
    atomic_store(&slot->state, SLOT_TAKEN);
    if (slot->thread != NULL)
        atomic_store(&thread->request, SW_REQUEST_TAKEN);
    stand_still(slot, (uint32_t)(value / SLOTS));
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
    /* In a forked child no answer will come to its parent's questions. */
    for (int i = 0; i < SLOTS; i++)
        atomic_store(&slots[i].state, SLOT_FREE);
    handed = NULL;
    return take_signal(asked_signal);
}

/* A slot whose answer can come no more, since its thread has ended, is free again. */
static struct slot *free_slot(void)
{
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];
        if (atomic_load(&slot->state) != SLOT_FREE && sw_account_alive(slot->tid))
            continue;
        if (slot->bytes == NULL) {
            long address = sw_kernel6(SYS_mmap, 0, MOST_STACK, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (address < 0 && address > -4096)
                return NULL;
            slot->bytes = (unsigned char *)address;
        }
        atomic_store(&slot->state, SLOT_FREE);
        return slot;
    }
    return NULL;
}

/* Touches the pages that the copy will need, so that the handler does not wait for them: a first
 * touch costs more than the copy. `sp` is where the stack pointer was last seen. */
static void touch_buffer(struct slot *slot, uint64_t sp)
{
    uint64_t high = slot->bounds.high;
    uint64_t depth = sp >= slot->bounds.low && sp < high ? high - sp : 0;
    size_t wanted = (size_t)depth + TOUCHED_BEYOND;
    for (; slot->touched < wanted && slot->touched < MOST_STACK; slot->touched += 4096)
        ((volatile unsigned char *)slot->bytes)[slot->touched] = 0;
}

static struct slot *slot_of(int tid)
{
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].tid == tid && atomic_load(&slots[i].state) != SLOT_FREE)
            return &slots[i];
    return NULL;
}

static void give_back(struct slot *slot)
{
    if (slot == NULL)
        return;
    atomic_store(&slot->hold, 0);
    atomic_store(&slot->state, SLOT_FREE);
}

static void give_back_handed(void)
{
    give_back(handed);
    handed = NULL;
}

static void take_back(struct sw_thread *thread)
{
    uint32_t asked = SW_REQUEST_ASKED;
    atomic_compare_exchange_strong(&thread->request, &asked, SW_REQUEST_IDLE);
}

/* Queued with a value (rt_sigqueueinfo(2)); SI_QUEUE is what a process may send to itself. */
static int send_signal(struct slot *slot, int number)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (++last_serial == 0)
        last_serial = 1;
    atomic_store(&slot->serial, last_serial);
    slot->hold_ticks = sw_clock_ns_to_ticks(hold_most_ns);
    atomic_store(&slot->hold, hold_most_ns != 0 ? last_serial : 0);
    atomic_store(&slot->state, SLOT_SENT);
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_pid = sw_process->pid;
    info.si_value.sival_ptr =
        (void *)((uintptr_t)last_serial * SLOTS + (uintptr_t)(slot - slots)); /* NOLINT */
    long error =
        sw_kernel6(SYS_rt_tgsigqueueinfo, sw_process->pid, slot->tid, number, (long)&info, 0, 0);
    if (error != 0)
        give_back(slot);
    return error == -EAGAIN ? -EAGAIN : error != 0 ? -EPERM : 0;
}

/* Asks, and sends the signal if the thread is still outside of calls. */
static int send_request(struct sw_thread *thread, struct slot *slot, int number)
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
    int error = send_signal(slot, number);
    if (error != 0)
        atomic_store(&thread->request, SW_REQUEST_IDLE);
    return error;
}

static bool wait_for_answer(struct slot *slot)
{
    uint64_t until = sw_clock_monotonic_ns() + ANSWER_WITHIN_NS;
    struct timespec rest = {0, 20000};
    for (int i = 0; atomic_load(&slot->state) != SLOT_TAKEN; i++) {
        if (i < 200) {
            __builtin_ia32_pause();
            continue;
        }
        if (sw_clock_monotonic_ns() > until) {
            atomic_store(&slot->hold, 0); /* nobody reads when it comes late */
            return false;
        }
        sw_kernel3(SYS_nanosleep, (long)&rest, 0, 0);
    }
    return true;
}

static int hand_over(struct slot *slot, struct sw_unwind_input *input, uint64_t *ticks)
{
    handed = slot;
    memcpy(input->reg, slot->reg, sizeof input->reg);
    input->known = (1u << SW_REGISTERS) - 1;
    input->exact = true;
    input->stack = slot->bytes;
    input->stack_low = slot->low;
    input->stack_size = slot->size;
    *ticks = slot->ticks;
    return slot->size > 0 ? 0 : -EFAULT;
}

void sw_sampler_stand_still(uint64_t most_ns)
{
    hold_most_ns = most_ns;
}

bool sw_sampler_let_go(void)
{
    return handed != NULL && atomic_exchange(&handed->hold, 0) != 0;
}

/* The signal to use for `tid`; 0: none, or not for this one. */
static int signal_for(int tid)
{
    int number = sw_signals_ours();
    if (number == 0 && take_signal(0))
        number = sw_signals_ours();
    return have_fence && number != 0 && sw_account_may_signal(tid, number) ? number : 0;
}

static struct slot *prepare_slot(int tid, struct sw_thread *thread,
                                 const struct sw_stack_bounds *bounds, uint64_t sp)
{
    struct slot *slot = free_slot();
    if (slot == NULL)
        return NULL;
    slot->tid = tid;
    slot->thread = thread;
    slot->bounds = *bounds;
    touch_buffer(slot, sp);
    return slot;
}

/* The answer to an earlier question, if there is one that is of use still. A question that was
 * sent and not answered is still on its way: not another one. */
static int late_answer(struct sw_thread *thread, uint64_t began, struct sw_unwind_input *input,
                       uint64_t *ticks)
{
    uint32_t request = atomic_load(&thread->request);
    if (request != SW_REQUEST_TAKEN)
        return request == SW_REQUEST_IDLE ? -ENOENT : -EAGAIN;
    atomic_store(&thread->request, SW_REQUEST_IDLE);
    struct slot *slot = slot_of(thread->tid);
    if (slot == NULL || slot->began != began || slot->size == 0) {
        give_back(slot);
        return -ENOENT;
    }
    return hand_over(slot, input, ticks);
}

int sw_sampler_take(struct sw_thread *thread, const struct sw_stack_bounds *bounds, uint64_t began,
                    struct sw_unwind_input *input, uint64_t *ticks)
{
    give_back_handed();
    int error = late_answer(thread, began, input, ticks);
    if (error != -ENOENT)
        return error;
    int number = signal_for(thread->tid);
    if (number == 0)
        return -EPERM;
    uint64_t sp = thread->outer != NULL ? thread->outer->wait_sp : bounds->high;
    struct slot *slot = prepare_slot(thread->tid, thread, bounds, sp);
    if (slot == NULL)
        return -EAGAIN;
    error = send_request(thread, slot, number);
    if (error != 0)
        return error;
    if (!wait_for_answer(slot))
        return -EAGAIN;
    atomic_store(&thread->request, SW_REQUEST_IDLE);
    if (slot->began != began) {
        give_back(slot);
        return -EBUSY;
    }
    return hand_over(slot, input, ticks);
}

int sw_sampler_take_other(int tid, const struct sw_stack_bounds *bounds,
                          struct sw_unwind_input *input, uint64_t *ticks)
{
    give_back_handed();
    struct slot *slot = slot_of(tid);
    if (slot != NULL && atomic_load(&slot->state) == SLOT_TAKEN)
        return hand_over(slot, input, ticks);
    int number = slot == NULL ? signal_for(tid) : 0;
    if (number == 0)
        return slot == NULL ? -EPERM : -EAGAIN;
    slot = prepare_slot(tid, NULL, bounds, bounds->high);
    if (slot == NULL)
        return -EAGAIN;
    struct sw_syscall_view view;
    sw_account_syscall(tid, &view);
    if (!view.known || !view.running)
        return -EBUSY;
    int error = send_signal(slot, number);
    if (error != 0)
        return error;
    return wait_for_answer(slot) ? hand_over(slot, input, ticks) : -EAGAIN;
}
