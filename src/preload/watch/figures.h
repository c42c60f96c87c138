/* The figures of a stall, and the cause that they make. Watchdog thread. */
#ifndef SW_WATCH_FIGURES_H
#define SW_WATCH_FIGURES_H

#include "preload/watch/compose.h"
#include "preload/watch/totals.h"

/* Fills in times, faults, cause and figures; `stall` has its duration and threshold. `began` is in
 * ticks. */
void sw_figures_fill(const struct sw_compose_input *input, const struct sw_totals *totals,
                     uint64_t began, struct sw_stall *stall);

#endif
