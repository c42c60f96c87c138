/*
 * How far a long reading has come: a bar on standard error, where that is a terminal, drawn over
 * itself and gone at the end. Nothing but '\r' and spaces, so there is nothing for NO_COLOR to turn
 * off; not on a dumb terminal, nor before something has taken a moment. One thread.
 */
#ifndef SW_COMMAND_PROGRESS_H
#define SW_COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sw_progress {
    bool wanted;
    uint64_t total_bytes;
    uint64_t shown_ns; /* the last time that it was drawn, or looked at first; CLOCK_MONOTONIC */
    unsigned width;    /* columns that it takes now; 0: nothing is shown */
};

/* `total_bytes` 0: nothing is known of how much there is, and nothing is shown. */
void sw_progress_start(struct sw_progress *progress, uint64_t total_bytes);
/* Draws it if it is time to. Cheap otherwise: one reading of the clock. */
void sw_progress_show(struct sw_progress *progress, uint64_t done_bytes, uint64_t lines);
void sw_progress_end(struct sw_progress *progress);

#endif
