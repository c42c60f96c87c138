/*
 * Signal dispositions: our sampling signal is not to be seen, not in the way of the program's own,
 * and never on its way when its handler goes.
 *
 * The watchdog counts a signal before it looks whether the signal is still ours; whoever takes it
 * away says so before looking at the count (Dekker). So either the watchdog does not send, or the
 * other waits until what was sent has arrived.
 */
#ifndef SW_INTERPOSE_SIGNALS_H
#define SW_INTERPOSE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* The disposition of `number` as the kernel has it. 0 or -1. Any thread. */
int sw_signals_query(int number, struct sigaction *now);
/* Installs ours, and remembers it, so that the program's own sigaction(2) sees the default and
 * takes precedence. `free_only`: only where nobody has a handler for it. 0 or -1. Watchdog. */
int sw_signals_install(int number, const struct sigaction *ours, bool free_only);
/* The signal that is ours now; 0: none, or the program has taken it for itself. Any thread. */
int sw_signals_ours(void);

/* Is the signal ours, and is our handler there? Where it is gone, taken away past the wrappers, it
 * is ours no more, and the next one would fare no better: none is taken again. Any thread; a system
 * call. */
bool sw_signals_safe(int number);
/* Has a handler of ours been taken away past the wrappers? */
bool sw_signals_distrusted(void);

/* Nothing is on its way yet: when sampling starts, in a forked child too. Watchdog. */
void sw_signals_start(void);
/* One is about to be sent; false: it must not be. Watchdog. */
bool sw_signals_depart(int number);
/* It has arrived, or will never. Any thread, in the handler too. */
void sw_signals_arrived(void);

/* Around a call after which the handler may be gone while what is pending stays (execve(2)): no
 * signal of ours is sent in between, and none is on its way. Returns what has to be given back if
 * the call fails. Any thread; keeps errno. */
int sw_signals_withdraw(void);
void sw_signals_restore(int number);

/* rt_sigaction(2) as the program makes it through syscall(2), which `make` does. Any thread. */
typedef long sw_signals_make(long number, const void *wanted, void *previous, long size);
long sw_signals_raw(sw_signals_make *make, long number, const void *wanted, void *previous,
                    long size);

#endif
