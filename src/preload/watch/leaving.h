/*
 * What the program's threads want of the watchdog when the process ends, when it is let go of, and
 * when it shuts itself in.
 */
#ifndef SW_WATCH_LEAVING_H
#define SW_WATCH_LEAVING_H

#include <stdbool.h>

/* The process is about to exit: what is due is written before this returns, within a bounded time.
 * Any thread; errno kept. */
void sw_watchdog_finish(void);
/* The process is about to shut itself in: see sw_process_shut_in. Any thread; changes errno. */
void sw_watchdog_shut_in(bool root);
/* The process goes on and is not to be watched: the same, and the watchdog's thread has ended when
 * this returns, within a bounded time; no thread notes anything. Any thread; errno kept. */
void sw_watchdog_leave(void);

#endif
