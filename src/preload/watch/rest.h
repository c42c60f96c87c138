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

/*
 * A loop's descriptor wakes the watchdog as it wakes the loop. Where the loop's thread comes first
 * and has read what was ready, the kernel looks again and lets the watchdog sleep on, and whatever
 * follows that wake goes unseen. So for a while after a loop has moved the watchdog looks by itself
 * as well, ever more seldom.
 */
/* A loop that waits without end, or for long, was seen to have moved by `now`. */
void sw_rest_moved(uint64_t now);
/* When the next such look is due (ticks), from `now` on, `first_ns` being the shortest pause. */
uint64_t sw_rest_nap(uint64_t now, uint64_t first_ns);

#endif
