/*
 * A watchdog that is there before there is a loop: some can have none any more by then.
 *
 * A daemon that shuts itself into a folder (chroot(2)) mostly does so before its loop turns, and
 * what a watchdog needs is out of sight then: /proc, the log, the helper, libunwind. So the
 * watchdog's thread is made before, with a root of its own (unshare(2), CLONE_FS), and waits for
 * the first loop. The same goes for one that gives up the right to have more threads
 * (RLIMIT_NPROC). Where the process has one thread, it is a bare one (libc/bare_thread.h), which
 * libc does not find among its threads. A forked child has none.
 *
 * Called by watchdog.c and leaving.c.
 */
#ifndef SW_WATCH_EARLY_H
#define SW_WATCH_EARLY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes it, with a stack of `stack_size` bytes, if it can be had, and returns when it is there and,
 * with `own_root`, its root is its own. Slow; a thread of the program's, one at a time; changes
 * errno. */
void sw_early_start(size_t stack_size, bool own_root);
/* Does one wait? One that is being made is waited for. Any thread. */
bool sw_early_waits(void);
/* It runs `run(NULL)` from here on. False: there is none. The thread that starts the watchdog. */
bool sw_early_watch(void *(*run)(void *));
/* It ends. False: there was none. Any thread. */
bool sw_early_end(void);

#endif
