/*
 * When a thread is to be looked at again: while an iteration goes on, at a quarter of the
 * threshold, at the threshold, when a sample or a record is due, and else at a slowing pace; while
 * its loop waits, when that wait has run out or the loop goes on. Called by look.c; watchdog
 * thread.
 */
#ifndef SW_WATCH_PACE_H
#define SW_WATCH_PACE_H

#include "preload/watch/kept/watch.h"

struct sw_look {
    bool idle;    /* its loops wait, or it has none */
    uint64_t due; /* ticks when to look again; UINT64_MAX: when something happens */
};

/* The next look (ticks) at the iteration that `watch` is open for. */
uint64_t sw_pace_busy(const struct sw_watch *watch, uint64_t now);
/* The next look at a thread that waits for `loop`, which has begun `iteration` iterations, read
 * before it was seen to wait: if it has gone on since, that shows. NULL: for none. */
struct sw_look sw_pace_idle(const struct sw_thread *thread, struct sw_watch *watch,
                            const struct sw_loop *loop, uint64_t iteration, uint64_t now);

#endif
