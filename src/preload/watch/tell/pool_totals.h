/* How often each pool of threads was full, for the summary. Watchdog thread. */
#ifndef SW_WATCH_POOL_TOTALS_H
#define SW_WATCH_POOL_TOTALS_H

#include "preload/stall.h"

/* In a new process: none was. */
void sw_pool_totals_start(void);
/* One that is full no more, or that the program's end has found full. Where that counts, it counts
 * for the exit code. */
void sw_pool_totals_add(const struct sw_stall *stall);
/* All of them; how many. They stay valid. */
unsigned sw_pool_totals(const struct sw_pool_summary **pools);

#endif
