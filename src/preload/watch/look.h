/*
 * One look at one thread: what became of its iteration, and when to look again. The watchdog's main
 * judgement: nothing is reported that does not pass here. Watchdog thread.
 */
#ifndef SW_WATCH_LOOK_H
#define SW_WATCH_LOOK_H

#include "preload/watch/pace.h"

/* Looks at `thread` at `now` (ticks). */
struct sw_look sw_look_at(struct sw_thread *thread, struct sw_watch *watch, uint64_t now);
/* The thread has ended: what it left is told. */
void sw_look_at_ended(struct sw_thread *thread, struct sw_watch *watch);
/* The program exits: what is in progress ends as `exiting`. */
void sw_look_last(struct sw_thread *thread, struct sw_watch *watch, uint64_t exit_ticks);

#endif
