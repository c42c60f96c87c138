/*
 * See signals.h. Wrapped: sigaction(2), signal(3) and the older ones, which libc does not pass
 * through sigaction. The program that asks about our signal is told the default; one that sets a
 * handler for it has it from then on. Any thread.
 */
#include "preload/interpose/signals.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "preload/interpose/next.h"

SW_NEXT_DEFINE(sigaction);
SW_NEXT_DEFINE(signal);
SW_NEXT_DEFINE(sysv_signal);

/* Deprecated, and called by programs all the same. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
SW_NEXT_DEFINE(sigset);
SW_NEXT_DEFINE(sigignore);
#pragma GCC diagnostic pop

static _Atomic int ours;

int sw_signals_query(int number, struct sigaction *now)
{
    return SW_NEXT(sigaction)(number, NULL, now);
}

int sw_signals_install(int number, const struct sigaction *handler)
{
    if (SW_NEXT(sigaction)(number, handler, NULL) != 0)
        return -1;
    atomic_store(&ours, number);
    return 0;
}

int sw_signals_ours(void)
{
    return atomic_load_explicit(&ours, memory_order_relaxed);
}

/* Is `number` ours, and does the program take it? Then it is ours no more. */
static bool was_ours(int number, bool taken)
{
    if (number == 0 || sw_signals_ours() != number)
        return false;
    if (taken)
        atomic_store(&ours, 0);
    return true;
}

SW_EXPORT int sigaction(int number, const struct sigaction *wanted, struct sigaction *previous)
{
    bool hide = was_ours(number, wanted != NULL);
    int result = SW_NEXT(sigaction)(number, wanted, previous);
    if (hide && result == 0 && previous != NULL) {
        memset(previous, 0, sizeof *previous);
        previous->sa_handler = SIG_DFL;
    }
    return result;
}

SW_EXPORT sighandler_t signal(int number, sighandler_t handler)
{
    bool hide = was_ours(number, true);
    sighandler_t previous = SW_NEXT(signal)(number, handler);
    return hide && previous != SIG_ERR ? SIG_DFL : previous;
}

SW_EXPORT sighandler_t sysv_signal(int number, sighandler_t handler)
{
    bool hide = was_ours(number, true);
    sighandler_t previous = SW_NEXT(sysv_signal)(number, handler);
    return hide && previous != SIG_ERR ? SIG_DFL : previous;
}

SW_EXPORT sighandler_t sigset(int number, sighandler_t disposition)
{
    bool hide = was_ours(number, true);
    sighandler_t previous = SW_NEXT(sigset)(number, disposition);
    return hide && previous != SIG_ERR ? SIG_DFL : previous;
}

SW_EXPORT int sigignore(int number)
{
    was_ours(number, true);
    return SW_NEXT(sigignore)(number);
}

void sw_signals_lost(void)
{
    atomic_store(&ours, 0);
}
