/*
 * STALLWATCH_METRICS: the process's figures in a file for Prometheus, every 10 s while something
 * changes, within a second of a stall, and at exit. Watchdog thread.
 */
#ifndef SW_WATCH_METRICS_H
#define SW_WATCH_METRICS_H

#include "common/settings.h"
#include "common/text.h"
#include "preload/stall.h"

/* Expands the path; forgets what was counted. Both have to stay. */
void sw_metrics_start(const struct sw_settings *settings, const struct sw_process_info *process);
/* A stall as it is published: counted where it is over. */
void sw_metrics_stall(const struct sw_stall *stall);
/* Stalls of which nothing is known but their number. */
void sw_metrics_lost(uint64_t count);
/* Writes the file if that is due, with `text` (empty, large) as the room for it; `unreported` as in
 * struct sw_metrics. Returns when it is due next (ticks; UINT64_MAX: when something has changed).
 */
uint64_t sw_metrics_tend(struct sw_text *text, uint64_t unreported);
/* Writes it a last time. */
void sw_metrics_end(struct sw_text *text, uint64_t unreported);

#endif
