/*
 * The figures of loops for the metrics. A loop gets a number, the lowest that a loop which is over
 * has had on a thread of that name, with that wait: so a program that makes one loop after the
 * other (asyncio.run) has one series that goes on, not a new one each time. Watchdog thread.
 */
#ifndef SW_WATCH_METRICS_LOOPS_H
#define SW_WATCH_METRICS_LOOPS_H

#include "preload/notes/thread.h"
#include "preload/report/report_metrics.h"

/* Forgets all loops (a forked child's are not its parent's). Nothing is kept unless `wanted`. */
void sw_metrics_loops_start(bool wanted);
/* Takes what the loop has done into its number's figures; its place is about to be given away. */
void sw_metrics_loop_over(const struct sw_thread *thread, const struct sw_loop *loop);
/* A stall of loop `loop_id` that counts goes on, in this iteration. */
void sw_metrics_loop_stalls(uint32_t loop_id, uint64_t iteration);
/* A number that differs from the last one where any loop has done anything in between. */
uint64_t sw_metrics_loops_moved(void);
/* All loops that have a number, with their figures as they are now; valid until the next call. Adds
 * the number of loops that are there now to `*live`. */
unsigned sw_metrics_loops_list(const struct sw_metrics_loop **loops, unsigned *live);

#endif
