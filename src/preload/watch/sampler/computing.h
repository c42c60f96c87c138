/*
 * Has a thread that looks as if it ran been computing, or has it only been woken from a system call
 * that it is still in? /proc shows both as running, and a signal would end the call with EINTR: a
 * poll whose time is up and that waits for a CPU looks for signals first. Watchdog thread.
 */
#ifndef SW_WATCH_COMPUTING_H
#define SW_WATCH_COMPUTING_H

#include <stdbool.h>

/* Has `tid` been on a CPU for some 30 us since it last gave one up by itself, as every call that
 * blocks does? Told by what was seen of it before; where that says nothing, by waiting a moment. */
bool sw_computing_is(int tid);
/* Forgets what was seen: in a forked child. */
void sw_computing_start(void);

#endif
