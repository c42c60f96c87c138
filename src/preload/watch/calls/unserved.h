/*
 * Waits that libc makes for itself, for nothing but that another thread gets a CPU: no lock of the
 * program is waited for, and on a machine that has a CPU for everybody they take no time. Watchdog
 * thread.
 */
#ifndef SW_WATCH_UNSERVED_H
#define SW_WATCH_UNSERVED_H

#include <stdbool.h>

#include "preload/watch/kernel/account.h"

/* Is the thread, which `view` speaks of, in such a wait, and is there a thread of the process that
 * is ready to run, as the one that it waits for has to be? */
bool sw_unserved_wait(int tid, const struct sw_syscall_view *view);

#endif
