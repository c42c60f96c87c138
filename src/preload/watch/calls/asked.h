/*
 * How long a call was asked to take: a sleep that came to its end was kept from no CPU meanwhile,
 * whatever the kernel counts of its thread. Watchdog thread.
 */
#ifndef SW_WATCH_ASKED_H
#define SW_WATCH_ASKED_H

#include <stdint.h>

#include "preload/notes/thread.h"

/* Of the longest call of a slot, in ns, and never more than that call took; 0: it is no sleep, or
 * one that a signal ended. */
uint64_t sw_asked_ns(const struct sw_call_slot *slot);

#endif
