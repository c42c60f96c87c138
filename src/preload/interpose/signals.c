/*
 * See signals.h. Wrapped: sigaction(2), signal(3) and the older ones, which libc does not pass
 * through sigaction, and rt_sigaction(2) made through syscall(2). Any thread.
 *
 * To the program our signal has its default action. So setting it back to that changes nothing, and
 * is not done: our handler stays, whatever is on its way. One that sets a handler, or ignores the
 * signal, has it from then on.
 */
#include "preload/interpose/signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/kernel.h"
#include "preload/interpose/next.h"
#include "preload/notes/process.h"
#include "preload/notes/wait_target.h"

/* A signal is on its way for some microseconds; for longer where its thread waits for a CPU, or has
 * blocked it since. */
#define WITHDRAW_STEPS 2000
#define STEP_NS        50000

SW_NEXT_DEFINE(sigaction);
SW_NEXT_DEFINE(signal);

/* Deprecated, and called by programs all the same. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
int __sigaction(int number, const struct sigaction *wanted, struct sigaction *previous);
sighandler_t __sysv_signal(int number, sighandler_t handler);
sighandler_t bsd_signal(int number, sighandler_t handler);
SW_NEXT_DEFINE(__sigaction);
SW_NEXT_DEFINE(sysv_signal);
SW_NEXT_DEFINE(__sysv_signal);
SW_NEXT_DEFINE(bsd_signal);
SW_NEXT_DEFINE(ssignal);
SW_NEXT_DEFINE(sigset);
SW_NEXT_DEFINE(sigignore);
SW_NEXT_DEFINE(siginterrupt);
#pragma GCC diagnostic pop

static _Atomic int ours;
static void *_Atomic our_handler; /* kept when the signal is not ours any more */
static _Atomic int on_the_way;
static _Atomic bool distrusted;
static _Atomic int withheld; /* execs that are under way */
static _Atomic int changing; /* threads that are about to change a real-time signal's disposition */
static _Atomic int last;     /* what was ours the last time that something was */

int sw_signals_query(int number, struct sigaction *now)
{
    return SW_NEXT(sigaction)(number, NULL, now);
}

static bool is_free(const struct sigaction *action)
{
    return action->sa_handler == SIG_DFL || (void *)action->sa_sigaction == our_handler;
}

int sw_signals_install(int number, const struct sigaction *handler, bool free_only)
{
    struct sigaction before;
    atomic_store(&our_handler, (void *)handler->sa_sigaction);
    if (atomic_load(&withheld) > 0)
        return -1;
    if (SW_NEXT(sigaction)(number, handler, &before) != 0)
        return -1;
    /* The program was first by a moment. */
    if (free_only && !is_free(&before)) {
        SW_NEXT(sigaction)(number, &before, NULL);
        return -1;
    }
    atomic_store(&last, number);
    atomic_store(&ours, number);
    /* Who is about to change it has seen that it was nobody's, maybe. */
    int mine = number;
    if (atomic_load(&withheld) > 0 || atomic_load(&changing) > 0) {
        atomic_compare_exchange_strong(&ours, &mine, 0);
        return -1;
    }
    return 0;
}

int sw_signals_ours(void)
{
    return atomic_load_explicit(&ours, memory_order_relaxed);
}

bool sw_signals_distrusted(void)
{
    return atomic_load(&distrusted);
}

bool sw_signals_safe(int number)
{
    struct sigaction now;
    if (number == 0 || atomic_load(&ours) != number || atomic_load(&withheld) > 0)
        return false;
    if (sw_signals_query(number, &now) == 0 && (void *)now.sa_sigaction == our_handler)
        return atomic_load(&changing) == 0;
    /* Only if no wrapper took it away meanwhile. */
    if (atomic_load(&changing) == 0 && atomic_compare_exchange_strong(&ours, &number, 0))
        atomic_store(&distrusted, true);
    return false;
}

/* A forked child has its parent's words, in the middle of whatever other threads were at. */
void sw_signals_start(void)
{
    static int32_t of;
    if (of != 0 && of != sw_process->pid) {
        atomic_store(&on_the_way, 0);
        atomic_store(&withheld, 0);
        atomic_store(&changing, 0);
    }
    of = sw_process->pid;
}

bool sw_signals_depart(int number)
{
    atomic_fetch_add(&on_the_way, 1);
    if (sw_signals_safe(number))
        return true;
    sw_signals_arrived();
    return false;
}

void sw_signals_arrived(void)
{
    atomic_fetch_sub(&on_the_way, 1);
}

/* A signal that this thread has blocked since it was sent does not arrive by waiting. */
static int take_own(int number)
{
    uint64_t set = UINT64_C(1) << (number - 1);
    struct timespec now = {0, 0};
    return sw_kernel6(SYS_rt_sigtimedwait, (long)&set, 0, (long)&now, sizeof set, 0, 0) == number;
}

/* Waits until no signal `number` is on its way any more. */
static void wait_for_arrivals(int number)
{
    struct timespec step = {0, STEP_NS};
    int taken = 0;
    /* A child of vfork, or a forked one that nobody watches yet. */
    if (!sw_process_is_ours())
        return;
    for (int i = 0; i < WITHDRAW_STEPS; i++) {
        if (atomic_load(&on_the_way) <= taken)
            return;
        taken += take_own(number);
        if (i < 20)
            sw_kernel3(SYS_sched_yield, 0, 0, 0);
        else
            sw_kernel3(SYS_nanosleep, (long)&step, 0, 0);
    }
}

int sw_signals_withdraw(void)
{
    atomic_fetch_add(&withheld, 1);
    int number = atomic_exchange(&ours, 0);
    if (number != 0)
        wait_for_arrivals(number);
    return number;
}

void sw_signals_restore(int number)
{
    int none = 0;
    atomic_fetch_sub(&withheld, 1);
    if (number != 0)
        atomic_compare_exchange_strong(&ours, &none, number);
}

enum wish { LOOK, RESET, TAKE };

struct change {
    bool hide;    /* to the program the signal had its default action */
    bool handled; /* the call is not to be made */
    bool counted;
};

/* Before the program's call. From here to its end no signal is sent, and `number` is not taken for
 * ours; one that was on its way has arrived. */
static struct change change_begin(int number, enum wish wish)
{
    struct change change = {false, false, wish != LOOK && number >= SIGRTMIN};
    if (change.counted)
        atomic_fetch_add(&changing, 1);
    change.hide = number != 0 && atomic_load(&ours) == number;
    change.handled = change.hide && wish == RESET;
    if (!change.counted || change.handled)
        return change;
    int mine = number;
    atomic_compare_exchange_strong(&ours, &mine, 0);
    if (atomic_load(&last) == number)
        wait_for_arrivals(number);
    return change;
}

static void change_end(const struct change *change)
{
    if (change->counted)
        atomic_fetch_sub(&changing, 1);
}

static bool is_ours(const void *handler)
{
    return handler != NULL && handler == our_handler;
}

static enum wish wish_of(const struct sigaction *wanted)
{
    return wanted == NULL ? LOOK : wanted->sa_handler == SIG_DFL ? RESET : TAKE;
}

static void show_default(struct sigaction *previous)
{
    memset(previous, 0, sizeof *previous);
    previous->sa_handler = SIG_DFL;
}

#define ACTION_WRAPPER(name)                                                                       \
    SW_EXPORT int name(int number, const struct sigaction *wanted, struct sigaction *previous)     \
    {                                                                                              \
        struct change change = change_begin(number, wish_of(wanted));                              \
        int result = change.handled ? 0 : SW_NEXT(name)(number, wanted, previous);                 \
        change_end(&change);                                                                       \
        if (result == 0 && previous != NULL && (change.hide || is_ours(previous->sa_sigaction)))   \
            show_default(previous);                                                                \
        return result;                                                                             \
    }

#define HANDLER_WRAPPER(name)                                                                      \
    SW_EXPORT sighandler_t name(int number, sighandler_t handler)                                  \
    {                                                                                              \
        struct change change = change_begin(number, handler == SIG_DFL ? RESET : TAKE);            \
        sighandler_t before = change.handled ? SIG_DFL : SW_NEXT(name)(number, handler);           \
        change_end(&change);                                                                       \
        return is_ours((void *)before) || (change.hide && before != SIG_ERR) ? SIG_DFL : before;   \
    }

ACTION_WRAPPER(sigaction)
ACTION_WRAPPER(__sigaction)
HANDLER_WRAPPER(signal)
HANDLER_WRAPPER(sysv_signal)
HANDLER_WRAPPER(__sysv_signal)
HANDLER_WRAPPER(bsd_signal)
HANDLER_WRAPPER(ssignal)
HANDLER_WRAPPER(sigset)

SW_EXPORT int sigignore(int number)
{
    struct change change = change_begin(number, TAKE);
    int result = SW_NEXT(sigignore)(number);
    change_end(&change);
    return result;
}

/* It would set our handler anew, with other flags. */
SW_EXPORT int siginterrupt(int number, int interrupts)
{
    struct change change = change_begin(number, TAKE);
    int result = SW_NEXT(siginterrupt)(number, interrupts);
    change_end(&change);
    return result;
}

/* struct kernel_sigaction: the handler, flags, restorer, and a mask of 8 bytes. */
#define KERNEL_ACTION 32

static enum wish raw_wish(const void *wanted)
{
    if (wanted == NULL || !sw_wait_readable(wanted, KERNEL_ACTION))
        return LOOK;
    return *(void *const *)wanted == (void *)SIG_DFL ? RESET : TAKE;
}

long sw_signals_raw(sw_signals_make *make, long number, const void *wanted, void *previous,
                    long size)
{
    if (number <= 0 || number > SIGRTMAX)
        return make(number, wanted, previous, size);
    struct change change = change_begin((int)number, raw_wish(wanted));
    long result = change.handled && size == 8 ? 0 : make(number, wanted, previous, size);
    change_end(&change);
    if (result == 0 && previous != NULL && sw_wait_readable(previous, KERNEL_ACTION) &&
        (change.hide || is_ours(*(void **)previous)))
        memset(previous, 0, KERNEL_ACTION);
    return result;
}
