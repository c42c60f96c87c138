/*
 * STALLWATCH_ANNOTATE=github: a line on standard error for each signature, at its first stall (so
 * that a process which is killed has said it, too). Watchdog thread.
 */
#ifndef SW_WATCH_ANNOTATIONS_H
#define SW_WATCH_ANNOTATIONS_H

#include "common/text.h"
#include "preload/stall.h"

/* Nothing has been said yet: at the watchdog's start, in a forked child too. */
void sw_annotations_start(void);
/* Says it where it has not been said of the signature, or only as a notice and it counts now.
 * `text`: empty and large, room for the line. */
void sw_annotations_stall(struct sw_text *text, const struct sw_stall *stall);

#endif
