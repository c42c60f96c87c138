/* From a watch to a report: a stall is composed and goes to those that wait to be told. Watchdog
 * thread. */
#ifndef SW_WATCH_TELL_H
#define SW_WATCH_TELL_H

#include "preload/stall.h"
#include "preload/watch/kept/watch.h"

/* A stall of `watch`; `ended` NULL: the iteration goes on, or ends now. */
void sw_tell_stall(struct sw_thread *thread, struct sw_watch *watch, const struct sw_ended *ended,
                   uint64_t now, enum sw_stall_state state);
/* What would have to be told if the program died now, left with the helper: at the threshold
 * (`first`), if that was not done for another stall just now, and then again each time the stall of
 * `age_ns` has grown by an eighth. */
void sw_tell_due(struct sw_thread *thread, struct sw_watch *watch, uint64_t now, uint64_t age_ns,
                 bool first);

#endif
