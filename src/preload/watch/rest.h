/*
 * How the watchdog waits: for descriptors, for a time, for a signal that wakes it, and for its
 * helper's answers. Watchdog thread.
 */
#ifndef SW_WATCH_REST_H
#define SW_WATCH_REST_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* A pause between passes where a loop cannot be waited for, or nobody can wake the watchdog. */
#define SW_REST_UNPOLLABLE_NS UINT64_C(25000000)

/* Waits until `due` (ticks; UINT64_MAX: no date), one of the `count` descriptors is ready, or
 * sw_watchdog_wake; the helper's answers are taken meanwhile. `polled` has room for one more. True:
 * the time has come. */
bool sw_rest_until(struct pollfd *polled, unsigned count, uint64_t due);

#endif
