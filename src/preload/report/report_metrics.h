/*
 * A process's figures as Prometheus reads them (text format 0.0.4): names with the prefix
 * stallwatch_, base units, HELP and TYPE once for each family. Pure: nothing is written here.
 * Watchdog thread.
 */
#ifndef SW_REPORT_METRICS_H
#define SW_REPORT_METRICS_H

#include "common/text.h"
#include "preload/stall.h"

#define SW_METRICS_BUCKETS 17

/* Upper ends of the histogram's buckets, in nanoseconds, ascending. */
extern const uint64_t sw_metrics_bounds_ns[SW_METRICS_BUCKETS];

struct sw_metrics_loop {
    unsigned number; /* the label that tells loops apart, from 1 on */
    const char *thread, *wait;
    /* Iterations by their busy time, each in one bucket only; the last one is for what is longer
     * than all bounds. */
    uint64_t buckets[SW_METRICS_BUCKETS + 1];
    uint64_t busy_ns, wait_ns;
    uint64_t stalled_ns; /* of a stall in progress; 0: none */
};

struct sw_metrics {
    uint64_t started_realtime_ns, written_realtime_ns;
    uint64_t stalls[SW_CAUSES][2]; /* those that do not count, and those that do */
    uint64_t stall_ns[SW_CAUSES];
    uint64_t suppressed, unreported, lines_lost;
    uint64_t late_ns; /* that the watchdog woke late by, in all */
    unsigned live_loops;
    unsigned loop_count;
    const struct sw_metrics_loop *loops;
};

/* Appends the whole text; where it does not fit, `truncated` is set and it is of no use. */
void sw_report_metrics(struct sw_text *text, const struct sw_process_info *process,
                       const struct sw_metrics *metrics);

#endif
