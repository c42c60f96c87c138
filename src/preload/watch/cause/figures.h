/* The figures of a stall, and the cause that they make. Watchdog thread. */
#ifndef SW_WATCH_FIGURES_H
#define SW_WATCH_FIGURES_H

#include "preload/stall.h"
#include "preload/watch/calls/totals.h"
#include "preload/watch/kept/watch.h"

/* What is known of the end of an iteration; `ended` NULL: it goes on. */
struct sw_iteration_end {
    struct sw_thread *thread;
    struct sw_watch *watch;
    const struct sw_ended *ended;
    uint64_t now; /* ticks: the end, or now */
    enum sw_stall_state state;
    const char *program; /* base name */
};

/* Fills in times, faults, cause and figures; `stall` has its duration and threshold. `began` is in
 * ticks. */
void sw_figures_fill(const struct sw_iteration_end *end, const struct sw_totals *totals,
                     uint64_t began, struct sw_stall *stall);

#endif
