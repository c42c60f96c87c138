/* The loops of the process for its summary: those that are there, and those that are over. Watchdog
 * thread. */
#ifndef SW_WATCH_LOOPS_H
#define SW_WATCH_LOOPS_H

#include "preload/notes/thread.h"
#include "preload/stall.h"

/* A loop's figures as they would be if its wait were over: the iteration before the wait in
 * progress is added. Times in ticks. */
struct sw_loop_figures {
    uint64_t iterations, busy, longest, waited;
    uint32_t cells[SW_HISTOGRAM_CELLS];
};

/* No loop is over yet: at the watchdog's start, in a forked child too. */
void sw_loops_start(void);
/* The figures as they are now, while the loop goes on: each right to an iteration or two. */
void sw_loops_figures(const struct sw_thread *thread, const struct sw_loop *loop,
                      struct sw_loop_figures *figures);
/* Keeps the figures of a loop that is over, before its place is given away. */
void sw_loops_archive(const struct sw_thread *thread, const struct sw_loop *loop);
/* All loops found so far, in the order of their ids; valid until the next call. */
unsigned sw_loops_summarize(const struct sw_loop_summary **loops);

#endif
