/*
 * Pools of threads that are full: every worker has been busy with one and the same piece of work
 * for longer than the threshold, while other work waits. Watchdog thread.
 */
#ifndef SW_WATCH_POOLS_H
#define SW_WATCH_POOLS_H

#include "preload/stack/unwind.h"

/* In a new process: none are known. */
void sw_pools_start(void);
/* At each pass: looks if that is due. Returns when it is to be called again at the latest (ticks;
 * UINT64_MAX: when something has happened). */
uint64_t sw_pools_look(uint64_t now);
/* The program ends: tells of those that are still full. */
void sw_pools_finish(void);

#endif
