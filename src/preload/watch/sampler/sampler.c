/*
 * See sampler.h. What the handler does, and where it writes to, is in sampler_slots.c.
 */
#include "preload/watch/sampler/sampler.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/interpose/signals.h"
#include "preload/notes/clock.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/sampler/computing.h"
#include "preload/watch/sampler/sampler_slots.h"

#define ANSWER_WITHIN_NS UINT64_C(20000000)

static struct sw_slot *handed; /* its bytes are being used */
static uint64_t hold_most_ns;
static bool have_fence;

/* Nearest the top first: programs that use real-time signals count from SIGRTMIN. */
static bool take_signal(int asked)
{
    int last = asked != 0 ? asked : SIGRTMAX - 1;
    int first = asked != 0 ? asked : SIGRTMIN + 3;
    for (int number = last; number >= first && !sw_signals_distrusted(); number--) {
        struct sigaction now;
        if (sw_signals_query(number, &now) != 0)
            continue;
        if (asked == 0 && now.sa_handler != SIG_DFL && now.sa_sigaction != sw_slots_on_signal)
            continue;
        struct sigaction ours;
        memset(&ours, 0, sizeof ours);
        ours.sa_sigaction = sw_slots_on_signal;
        ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
        sigfillset(&ours.sa_mask);
        if (sw_signals_install(number, &ours, asked == 0) == 0)
            return true;
    }
    return false;
}

bool sw_sampler_start(int asked_signal)
{
    have_fence = sw_kernel3(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    if (!have_fence)
        return false;
    sw_slots_start();
    sw_signals_start();
    sw_computing_start();
    handed = NULL;
    return take_signal(asked_signal);
}

bool sw_sampler_fence(void)
{
    return sw_kernel3(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

static void give_back_handed(void)
{
    if (handed != NULL)
        sw_slot_give_back(handed);
    handed = NULL;
}

static void take_back(struct sw_thread *thread)
{
    uint32_t asked = SW_REQUEST_ASKED;
    atomic_compare_exchange_strong(&thread->request, &asked, SW_REQUEST_IDLE);
}

/* Is the thread, which has been asked, where it may be interrupted? Outside of calls, in an
 * iteration, so that its entry into a call answers; not in a system call that is not wrapped; and
 * with the signal mask that it had when the signal was found to be let in. */
static bool may_be_sent(const struct sw_thread *thread, uint32_t mask_changes)
{
    struct sw_syscall_view view;
    if ((atomic_load(&thread->sequence) & 1) ||
        __atomic_load_n(&thread->in_iteration, __ATOMIC_RELAXED) == 0 ||
        atomic_load(&thread->mask_changes) != mask_changes)
        return false;
    sw_account_syscall(thread->tid, &view);
    /* A process that has given up root may not look into its own system calls (the file is root's
     * then, proc(5)). That the thread has just computed is known (sw_computing_is), and it goes on
     * while it is ready. */
    return view.known ? view.running : sw_account_is_ready(thread->tid);
}

/* Asks, and sends the signal if the thread is still outside of calls. */
static int send_request(struct sw_thread *thread, struct sw_slot *slot, int number,
                        uint32_t mask_changes)
{
    atomic_store(&thread->request, SW_REQUEST_ASKED);
    sw_sampler_fence();
    if (!may_be_sent(thread, mask_changes) || !sw_signals_depart(number)) {
        take_back(thread);
        return -EBUSY;
    }
    uint32_t asked = SW_REQUEST_ASKED;
    if (!atomic_compare_exchange_strong(&thread->request, &asked, SW_REQUEST_SENDING)) {
        sw_signals_arrived();
        return -EBUSY;
    }
    int error = sw_slot_send(slot, number, hold_most_ns);
    if (error != 0) {
        atomic_store(&thread->request, SW_REQUEST_IDLE);
        sw_signals_arrived();
    }
    return error;
}

static bool wait_for_answer(struct sw_slot *slot)
{
    uint64_t until = sw_clock_monotonic_ns() + ANSWER_WITHIN_NS;
    struct timespec rest = {0, 20000};
    for (int i = 0; sw_slot_state(slot) != SW_SLOT_TAKEN; i++) {
        if (i < 200) {
            sw_machine_pause();
            continue;
        }
        if (sw_clock_monotonic_ns() > until) {
            sw_slot_let_go(slot); /* nobody reads when it comes late */
            return false;
        }
        sw_kernel3(SYS_nanosleep, (long)&rest, 0, 0);
    }
    return true;
}

static int hand_over(struct sw_slot *slot, struct sw_unwind_input *input, uint64_t *ticks)
{
    handed = slot;
    memcpy(input->reg, slot->reg, sizeof input->reg);
    input->known = SW_REG_ALL;
    input->exact = true;
    input->stack = slot->bytes;
    input->stack_low = slot->low;
    input->stack_size = slot->size;
    input->cut = slot->low + slot->size < slot->bounds.end;
    *ticks = slot->ticks;
    return slot->size > 0 ? 0 : -EFAULT;
}

void sw_sampler_stand_still(uint64_t most_ns)
{
    hold_most_ns = most_ns;
}

bool sw_sampler_let_go(void)
{
    return handed != NULL && sw_slot_let_go(handed);
}

/* The signal to use for `tid`; 0: none, or not for this one. */
static int signal_for(int tid)
{
    int number = sw_signals_ours();
    if (number == 0 && take_signal(0))
        number = sw_signals_ours();
    return have_fence && number != 0 && sw_account_may_signal(tid, number) ? number : 0;
}

/* The answer to an earlier question, if there is one that is of use still. -EAGAIN: a question is
 * on its way, and not to be asked another time; -ENOENT: none is. */
static int late_answer(int tid, uint64_t began, struct sw_unwind_input *input, uint64_t *ticks)
{
    struct sw_slot *slot = sw_slots_of(tid);
    if (slot == NULL)
        return -ENOENT;
    if (sw_slot_state(slot) != SW_SLOT_TAKEN)
        return sw_slot_is_lost(slot) ? -ENOENT : -EAGAIN;
    if (slot->began == began && slot->size > 0)
        return hand_over(slot, input, ticks);
    sw_slot_give_back(slot);
    return -ENOENT;
}

int sw_sampler_take(struct sw_thread *thread, const struct sw_stack_bounds *bounds, uint64_t began,
                    struct sw_unwind_input *input, uint64_t *ticks)
{
    give_back_handed();
    int error = late_answer(thread->tid, began, input, ticks);
    if (error != -ENOENT)
        return error;
    uint32_t mask_changes = atomic_load(&thread->mask_changes);
    int number = signal_for(thread->tid);
    if (number == 0)
        return -EPERM;
    if (!sw_computing_is(thread->tid))
        return -EBUSY;
    uint64_t sp = thread->outer != NULL ? thread->outer->wait_sp : bounds->high;
    struct sw_slot *slot = sw_slots_prepare(thread->tid, thread, bounds, sp);
    if (slot == NULL)
        return -EAGAIN;
    error = send_request(thread, slot, number, mask_changes);
    if (error != 0)
        return error;
    if (!wait_for_answer(slot))
        return -EAGAIN;
    if (slot->began != began) {
        sw_slot_give_back(slot);
        return -EBUSY;
    }
    return hand_over(slot, input, ticks);
}

int sw_sampler_take_other(int tid, const struct sw_stack_bounds *bounds,
                          struct sw_unwind_input *input, uint64_t *ticks)
{
    give_back_handed();
    int error = late_answer(tid, 0, input, ticks);
    if (error != -ENOENT)
        return error;
    int number = signal_for(tid);
    struct sw_slot *slot = number != 0 ? sw_slots_prepare(tid, NULL, bounds, bounds->high) : NULL;
    if (slot == NULL)
        return number == 0 ? -EPERM : -EAGAIN;
    struct sw_syscall_view view;
    if (!sw_computing_is(tid))
        return -EBUSY;
    sw_account_syscall(tid, &view);
    if (!view.known || !view.running || !sw_signals_depart(number))
        return -EBUSY;
    error = sw_slot_send(slot, number, hold_most_ns);
    if (error != 0) {
        sw_signals_arrived();
        return error;
    }
    return wait_for_answer(slot) ? hand_over(slot, input, ticks) : -EAGAIN;
}
