/* See sampler_slots.h. */
#include "preload/watch/sampler/sampler_slots.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "common/kernel.h"
#include "preload/interpose/signals.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/kernel/account.h"

#define MOST_STACK     (256 * 1024)
#define TOUCHED_BEYOND (32 * 1024) /* callbacks go this much deeper than the wait, mostly */
/* The main thread's stack may have grown since its bounds were read; within this below it nothing
 * else is mapped (the kernel's stack_guard_gap, 1 MiB). */
#define GUARD_GAP (512 * 1024)
/* Before this a signal is not called lost: it may be between the kernel's queue and the handler. */
#define LOST_AFTER_NS UINT64_C(50000000)

#define SLOTS  4
#define STATES 4

static struct sw_slot slots[SLOTS];
static uint64_t last_serial;

static void copy_stack(struct sw_slot *slot, uint64_t sp)
{
    const struct sw_stack_bounds *bounds = &slot->bounds;
    slot->size = 0;
    uint64_t low_end = bounds->grows ? bounds->low - GUARD_GAP : bounds->low;
    if (sp >= bounds->high || sp < low_end)
        return;
    /* Below the stack pointer lies the red zone, which the kernel's signal frame left alone; the
     * page may not be there. */
    uint64_t low = sp - SW_MACHINE_RED_ZONE >= bounds->low ? sp - SW_MACHINE_RED_ZONE : sp;
    uint64_t size = bounds->high - low;
    if (size > MOST_STACK)
        size = MOST_STACK;
    sw_machine_copy(slot->bytes, low, size);
    slot->low = low;
    slot->size = size;
}

/* The word of a slot in `state`, if it still has this question. */
static bool move(struct sw_slot *slot, uint64_t serial, enum sw_slot_state from,
                 enum sw_slot_state to)
{
    uint64_t word = serial * STATES + from;
    return atomic_compare_exchange_strong(&slot->word, &word, serial * STATES + to);
}

static uint64_t serial_of(const struct sw_slot *slot)
{
    return atomic_load(&slot->word) / STATES;
}

enum sw_slot_state sw_slot_state(const struct sw_slot *slot)
{
    return (enum sw_slot_state)(atomic_load(&slot->word) % STATES);
}

/* A language's frames lie on the heap and change as the thread runs. It waits, for a time that is
 * short by any measure of a stall, while the watchdog reads them; not on a lock: when the time is
 * over it goes on whatever the watchdog does. */
static void stand_still(struct sw_slot *slot, uint64_t serial)
{
    uint64_t began = sw_clock_ticks();
    while (atomic_load_explicit(&slot->hold, memory_order_acquire) == serial) {
        if (sw_clock_ticks() - began > slot->hold_ticks) {
            atomic_compare_exchange_strong(&slot->hold, &serial, 0);
            return;
        }
        sw_machine_pause();
    }
}

bool sw_slot_let_go(struct sw_slot *slot)
{
    return atomic_exchange(&slot->hold, 0) != 0;
}

void sw_slots_on_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
    uint64_t value = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
    uint64_t serial = value / SLOTS;
    struct sw_slot *slot = &slots[value % SLOTS];
    /* Another signal of this number: the watchdog's own to wake, or somebody's kill(1). */
    if (info->si_code != SI_QUEUE || !move(slot, serial, SW_SLOT_SENT, SW_SLOT_WRITING))
        return;
    const ucontext_t *user = context;
    sw_machine_of_context(user, slot->reg);
    copy_stack(slot, slot->reg[SW_REG_SP]);
    struct sw_thread *thread = slot->thread;
    slot->ticks = sw_clock_ticks();
    slot->began =
        thread != NULL && thread->outer != NULL ? atomic_load(&thread->outer->busy_since) : 0;
    /* Before the slot: when the watchdog sees the answer, this thread is done with the request, and
     * does not end the next one. */
    if (thread != NULL)
        atomic_store(&thread->request, SW_REQUEST_IDLE);
    sw_signals_arrived();
    atomic_store(&slot->word, serial * STATES + SW_SLOT_TAKEN);
    stand_still(slot, serial);
}

void sw_slots_start(void)
{
    for (int i = 0; i < SLOTS; i++)
        atomic_store(&slots[i].word, SW_SLOT_FREE);
}

static bool has_bytes(struct sw_slot *slot)
{
    if (slot->bytes != NULL)
        return true;
    long address = sw_kernel6(SYS_mmap, 0, MOST_STACK, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address < 0 && address > -4096)
        return false;
    slot->bytes = (unsigned char *)address;
    return true;
}

/* A slot whose answer can come no more, since its thread has ended, is free again. */
static bool is_free(struct sw_slot *slot)
{
    if (sw_slot_state(slot) == SW_SLOT_FREE)
        return true;
    if (sw_account_alive(slot->tid))
        return false;
    if (move(slot, serial_of(slot), SW_SLOT_SENT, SW_SLOT_FREE))
        sw_signals_arrived();
    sw_slot_give_back(slot);
    return true;
}

/* Touches the pages that the copy will need, so that the handler does not wait for them: a first
 * touch costs more than the copy. `sp` is where the stack pointer was last seen. */
static void touch_buffer(struct sw_slot *slot, uint64_t sp)
{
    uint64_t high = slot->bounds.high;
    uint64_t depth = sp >= slot->bounds.low && sp < high ? high - sp : 0;
    size_t wanted = (size_t)depth + TOUCHED_BEYOND;
    for (; slot->touched < wanted && slot->touched < MOST_STACK; slot->touched += 4096)
        ((volatile unsigned char *)slot->bytes)[slot->touched] = 0;
}

struct sw_slot *sw_slots_prepare(int tid, struct sw_thread *thread,
                                 const struct sw_stack_bounds *bounds, uint64_t sp)
{
    for (int i = 0; i < SLOTS; i++) {
        struct sw_slot *slot = &slots[i];
        if (!is_free(slot))
            continue;
        if (!has_bytes(slot))
            return NULL;
        slot->tid = tid;
        slot->thread = thread;
        slot->bounds = *bounds;
        touch_buffer(slot, sp);
        return slot;
    }
    return NULL;
}

struct sw_slot *sw_slots_of(int tid)
{
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].tid == tid && sw_slot_state(&slots[i]) != SW_SLOT_FREE)
            return &slots[i];
    return NULL;
}

/* Queued with a value (rt_sigqueueinfo(2)); SI_QUEUE is what a process may send to itself. */
int sw_slot_send(struct sw_slot *slot, int number, uint64_t hold_ns)
{
    uint64_t serial = ++last_serial;
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = SI_QUEUE;
    info.si_pid = sw_process->pid;
    info.si_value.sival_ptr = (void *)(uintptr_t)(serial * SLOTS + (uint64_t)(slot - slots));
    slot->number = number;
    slot->hold_ticks = sw_clock_ns_to_ticks(hold_ns);
    atomic_store(&slot->hold, hold_ns != 0 ? serial : 0);
    slot->sent_ns = sw_clock_monotonic_ns();
    atomic_store(&slot->word, serial * STATES + SW_SLOT_SENT);
    long error =
        sw_kernel6(SYS_rt_tgsigqueueinfo, sw_process->pid, slot->tid, number, (long)&info, 0, 0);
    if (error == 0)
        return 0;
    sw_slot_give_back(slot);
    return error == -EAGAIN ? -EAGAIN : -EPERM;
}

void sw_slot_give_back(struct sw_slot *slot)
{
    sw_slot_let_go(slot);
    atomic_store(&slot->word, serial_of(slot) * STATES + SW_SLOT_FREE);
}

bool sw_slot_is_lost(struct sw_slot *slot)
{
    if (sw_clock_monotonic_ns() - slot->sent_ns < LOST_AFTER_NS ||
        sw_account_is_pending(slot->tid, slot->number) ||
        !move(slot, serial_of(slot), SW_SLOT_SENT, SW_SLOT_FREE))
        return false;
    sw_signals_arrived();
    if (slot->thread != NULL && slot->thread->tid == slot->tid)
        atomic_store(&slot->thread->request, SW_REQUEST_IDLE);
    return true;
}
