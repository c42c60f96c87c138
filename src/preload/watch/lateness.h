/*
 * The watchdog's own lateness: time that it did not get is not blamed on the program. Watchdog thread.
 */
#ifndef SW_WATCH_LATENESS_H
#define SW_WATCH_LATENESS_H

#include <stdint.h>

/* It was to wake at `planned` and woke at `woke` (ticks); small differences are no lateness. */
void sw_lateness_note(uint64_t planned, uint64_t woke);
/* How much of [from, to] it was late in, of the last such times; ticks. */
uint64_t sw_lateness_within(uint64_t from, uint64_t to);

#endif
