/*
 * The watchdog's own lateness: time that it did not get is not blamed on the program.
 *
 * Where the kernel says that the watchdog was ready and not running, the machine was busy. Where it
 * was not even ready, all of the process stood still: SIGSTOP, a debugger, a suspended machine.
 * What begins and ends while it is busy otherwise is missed as well. Watchdog thread.
 */
#ifndef SW_WATCH_LATENESS_H
#define SW_WATCH_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

enum sw_lateness { SW_LATENESS_BUSY, SW_LATENESS_STOPPED };

/* To be called once by the watchdog's thread, when its descriptors are its own: what follows reads
 * of the thread that it was called on. */
void sw_lateness_start(void);
/* It was to look at `planned` and did at `woke` (ticks); in between it was ready but not running
 * for `delay_ns`, and ran for `cpu_ns`. Small differences are no lateness, nor is work. */
void sw_lateness_note(uint64_t planned, uint64_t woke, uint64_t delay_ns, uint64_t cpu_ns);
/* The same by the kernel's figures of the watchdog's own thread, since they were last read. */
void sw_lateness_check(uint64_t planned, uint64_t woke);
/* The same where it did not sleep until `planned`, but worked, or was woken by a loop that it could
 * have looked at then: what it was blocked in meanwhile is no stop. */
void sw_lateness_check_work(uint64_t planned, uint64_t now);
/* The same of the first look at an iteration, which a wait of the loop's was to wake it for. Where
 * the threshold is a few milliseconds, a hypervisor that gives the CPU to others for as long makes
 * a stall, and the kernel has no figure for it: then being late says enough. */
void sw_lateness_check_first(uint64_t planned, uint64_t now);
/* Reads these figures anew where they are older than `most_ns`. Before a sleep, so that what was
 * before is not taken for the sleep's own; never between a sleep and the looks that follow, which
 * ask how long the watchdog waited for a CPU after it. */
void sw_lateness_refresh_own(uint64_t most_ns);
/* A pass over the threads begins, and it has been at work up to `now` (ticks): what it did not look
 * at meanwhile it has missed, where that is longer than it may be without a look (a quarter of the
 * threshold); true: it was, and a new span begins. To be asked before a stall is told that it did
 * not see, and by a pass's end. On a machine with enough CPUs that is the unwinder's being loaded,
 * or a disk that has others to serve, at most. */
void sw_lateness_begin_work(uint64_t began);
bool sw_lateness_note_work(uint64_t now);
void sw_lateness_end_work(uint64_t now);
/* Would sw_lateness_note take it for lateness? */
bool sw_lateness_matters(uint64_t planned, uint64_t woke);
/* How much of [from, to] it was late in for this reason, of the last such times; ticks. */
uint64_t sw_lateness_within(enum sw_lateness reason, uint64_t from, uint64_t to);
/* All that was ever noted; ticks. */
uint64_t sw_lateness_total(void);

#endif
