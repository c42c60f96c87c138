/*
 * The samples of one stall: taken from half the threshold on, spread over its length. When there
 * are as many as were asked for, every second one is dropped and the step doubles, so that at any
 * moment they are evenly spread. Watchdog thread.
 */
#ifndef SW_WATCH_SAMPLES_H
#define SW_WATCH_SAMPLES_H

#include "preload/watch/kept/watch.h"

/* At the beginning of an iteration. */
void sw_samples_begin(struct sw_watch *watch);
/* Takes one if it is time to, `age_ns` into the iteration. */
void sw_samples_step(struct sw_thread *thread, struct sw_watch *watch, uint64_t age_ns,
                     const struct sw_syscall_view *view);

#endif
