/*
 * What changes a thread's signal mask: see notes/mask_change.h. Letting our signal in is of no
 * interest, and may run handlers of the program's for long. Any thread.
 */
#include <signal.h>

#include "preload/interpose/next.h"
#include "preload/interpose/signals.h"
#include "preload/notes/mask_change.h"

SW_NEXT_DEFINE_COLD(sigprocmask);
SW_NEXT_DEFINE_COLD(pthread_sigmask);

static bool blocks_ours(int how, const sigset_t *set)
{
    int number = sw_signals_ours();
    return how != SIG_UNBLOCK && set != NULL && number != 0 && sigismember(set, number) == 1;
}

#define MASK_WRAPPER(name)                                                                         \
    SW_EXPORT int name(int how, const sigset_t *set, sigset_t *previous)                           \
    {                                                                                              \
        struct sw_mask_change change;                                                              \
        SW_MASK_CHANGE_BEGIN(change, blocks_ours(how, set));                                       \
        int result = SW_NEXT(name)(how, set, previous);                                            \
        sw_mask_change_end(&change);                                                               \
        return result;                                                                             \
    }

MASK_WRAPPER(sigprocmask)
MASK_WRAPPER(pthread_sigmask)
