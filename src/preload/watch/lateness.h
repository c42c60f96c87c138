/*
 * The watchdog's own lateness: time that it did not get is not blamed on the program.
 *
 * Where the kernel says that the watchdog was ready and not running, the machine was busy. Where it
 * was not even ready, all of the process stood still: SIGSTOP, a debugger, a suspended machine.
 * Watchdog thread.
 */
#ifndef SW_WATCH_LATENESS_H
#define SW_WATCH_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

enum sw_lateness { SW_LATENESS_BUSY, SW_LATENESS_STOPPED };

/* It was to look at `planned` and did at `woke` (ticks); in between it was ready but not running
 * for `delay_ns`, and ran for `cpu_ns`. Small differences are no lateness, nor is work. */
void sw_lateness_note(uint64_t planned, uint64_t woke, uint64_t delay_ns, uint64_t cpu_ns);
/* Would sw_lateness_note take it for lateness? */
bool sw_lateness_matters(uint64_t planned, uint64_t woke);
/* How much of [from, to] it was late in for this reason, of the last such times; ticks. */
uint64_t sw_lateness_within(enum sw_lateness reason, uint64_t from, uint64_t to);
/* All that was ever noted; ticks. */
uint64_t sw_lateness_total(void);

#endif
