/* Waiting for a signal. Any thread; see wrap.h. Cancellation points. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

int __sigsuspend(const sigset_t *set);

SW_WRAP(int, pause, pause, (void), (), 0, 0, 0)
SW_WRAP(int, sigsuspend, sigsuspend, (const sigset_t *set), (set), 0, 0, 0)
SW_WRAP(int, __sigsuspend, sigsuspend, (const sigset_t *set), (set), 0, 0, 0)
SW_WRAP(int, sigwait, sigwait, (const sigset_t *set, int *number), (set, number), 0, 0, 0)
SW_WRAP(int, sigwaitinfo, sigwaitinfo, (const sigset_t *set, siginfo_t *told), (set, told), 0, 0, 0)
/* EAGAIN: the time is over, and so it has been read. */
SW_WRAP_FULL(int, sigtimedwait, sigtimedwait,
             (const sigset_t *set, siginfo_t *told, const struct timespec *timeout),
             (set, told, timeout), SW_MINUS_ONE(result) == EAGAIN, (uintptr_t)timeout,
             CLOCK_MONOTONIC, 0)
