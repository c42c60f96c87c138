/*
 * Signal dispositions: our sampling signal is not to be seen, and not in the way of the program's
 * own.
 */
#ifndef SW_INTERPOSE_SIGNALS_H
#define SW_INTERPOSE_SIGNALS_H

#include <signal.h>

/* The disposition of `number` as the kernel has it. 0 or -1. Any thread. */
int sw_signals_query(int number, struct sigaction *now);
/* Installs ours, and remembers it, so that the program's own sigaction(2) sees the default and
 * takes precedence. 0 or -1. */
int sw_signals_install(int number, const struct sigaction *ours);
/* The signal that is ours now; 0: none, or the program has taken it for itself. Any thread. */
int sw_signals_ours(void);
/* Our handler was found to be gone, taken away past the wrappers: the signal is not to be sent any
 * more. Any thread. */
void sw_signals_lost(void);

#endif
