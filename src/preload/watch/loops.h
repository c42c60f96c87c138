/* The loops of the process for its summary: those that are there, and those that are over. Watchdog
 * thread. */
#ifndef SW_WATCH_LOOPS_H
#define SW_WATCH_LOOPS_H

#include "preload/notes/thread.h"
#include "preload/stall.h"

void sw_loops_start(void);
/* Keeps the figures of a loop that is over, before its place is given away. */
void sw_loops_archive(const struct sw_thread *thread, const struct sw_loop *loop);
/* All loops found so far, in the order of their ids; valid until the next call. */
unsigned sw_loops_summarize(const struct sw_loop_summary **loops);

#endif
