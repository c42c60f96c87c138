/*
 * Records on their way out: counted, limited, written as text and JSON, and left with the helper as
 * what is due if the program dies. Watchdog thread.
 */
#ifndef SW_WATCH_PUBLISH_H
#define SW_WATCH_PUBLISH_H

#include "preload/stall.h"

/* Once in a process, before anything is written: reads what every record says of the process,
 * expands the paths. */
void sw_publish_start(void);
const struct sw_process_info *sw_publish_process_info(void);
/* What a process says when its first loop is found: problems of the settings, the JSON's process
 * record. */
void sw_publish_process(void);
/* Gives a stall its `id` and `occurrence` where they are not yet set (0): in the order in which
 * stalls are found, before any of them is told. */
void sw_publish_number(struct sw_stall *stall);
/* A stall, ongoing or over, that has its numbers. Sets `counted`, and counts it when it is over.
 * `top` is the frame for the summary, or NULL. */
void sw_publish_stall(struct sw_stall *stall, const char *top);
/* What would have to be told if the program died now: these stalls, told by nobody yet, the last of
 * them perhaps in progress and without numbers; and the summary. */
void sw_publish_due(struct sw_stall *const *stalls, unsigned count);
/* At each pass: what the program did to its standard error is passed on to the helper, and the
 * metrics are written where that is due. Returns when it is to be called again at the latest
 * (ticks; UINT64_MAX: no date). */
uint64_t sw_publish_tend(void);
/* Stalls that were lost to a full ring. */
void sw_publish_lost(uint64_t count);
/* The last words: the summary, and the helper's farewell. */
void sw_publish_end(void);

#endif
