/*
 * When what unwinding needs is loaded, and by whom: libunwind, and the loader's own ways to find
 * modules.
 *
 * By a watchdog that libc knows of, when the first loop has been found, or a candidate's first
 * iteration gets long: most programs that wait once never come to that. By one that libc does not
 * know of, never: loading allocates. There it is the thread of the program that starts the
 * watchdog, the only one then, before it is started.
 */
#ifndef SW_WATCH_UNWINDER_H
#define SW_WATCH_UNWINDER_H

#include <stdbool.h>

/* In a new process. The thread that starts the watchdog. */
void sw_unwinder_start(void);
/* Loads it now. Slow: a few hundred microseconds, and allocates. False: memory is short, and the
 * watchdog has to do it. The same thread, which is the only one. */
bool sw_unwinder_load_early(void);
/* Loads what has not been loaded, and says so where that fails. Watchdog thread. */
void sw_unwinder_load_once(void);
/* Has sw_unwinder_load_once been called? Watchdog thread. */
bool sw_unwinder_is_loaded(void);

#endif
