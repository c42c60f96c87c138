/*
 * What takes CPUs away from the process: the CPU limit of its cgroup (throttling) and the
 * hypervisor (steal time). The kernel only counts; a reading now and then makes it possible to say
 * how much fell into a stall. Watchdog thread.
 */
#ifndef SW_WATCH_SCARCITY_H
#define SW_WATCH_SCARCITY_H

#include <stdint.h>

/* In a new process: nothing is known; the cgroup is looked for when it is first wanted. */
void sw_scarcity_start(void);
/* Reads the counters, if that has not been done in the last few milliseconds. */
void sw_scarcity_note(uint64_t now);
/* How much they have grown between the last reading before `from` (ticks) and the first one from
 * `to` on. Both are sums over CPUs, so they can be more than the time that went by. */
void sw_scarcity_within(uint64_t from, uint64_t to, uint64_t *throttled_ns, uint64_t *stolen_ns);

#endif
