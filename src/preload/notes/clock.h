/*
 * The clock of the notes: two reads of it are what a loop wait costs.
 *
 * Where the kernel itself keeps time by the TSC (clocksource "tsc": invariant and in step on all
 * CPUs) a tick is a TSC count and rdtsc reads it; else a tick is a nanosecond of CLOCK_MONOTONIC,
 * by the vDSO through libc's own clock_gettime, not the one in front (libfaketime). Loop threads
 * only store ticks; the watchdog turns them into time.
 */
#ifndef SW_NOTES_CLOCK_H
#define SW_NOTES_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/* Hidden, so that reading it takes one load: -fvisibility does not speak of declarations. */
extern bool sw_clock_is_tsc __attribute__((visibility("hidden")));

/* The slow form of sw_clock_ticks. Any thread. */
uint64_t sw_clock_fallback_ticks(void);

/* Now, in ticks, by a copy of sw_clock_is_tsc. Any thread; no system call where the vDSO works;
 * errno kept. */
static inline uint64_t sw_clock_ticks_by(bool is_tsc)
{
#if defined(__x86_64__)
    if (__builtin_expect(is_tsc, 1))
        return __rdtsc();
#else
    (void)is_tsc;
#endif
    return sw_clock_fallback_ticks();
}

static inline uint64_t sw_clock_ticks(void)
{
    return sw_clock_ticks_by(sw_clock_is_tsc);
}

/* Notes the first pair of ticks and time, as far back as can be: the longer the base, the truer the
 * scale. Once, from the constructor; one system call. */
void sw_clock_note_birth(void);
/* Chooses the clock. Once, when the first candidate for a loop is seen, on its thread. */
void sw_clock_choose(void);
/* A truer scale from all the time since birth; sleeps a little where that is too short for any.
 * Watchdog thread, as it starts and on waking. */
void sw_clock_refine(void);

/* Spans. Watchdog thread. */
uint64_t sw_clock_ticks_to_ns(uint64_t ticks);
uint64_t sw_clock_ns_to_ticks(uint64_t ns);
/* The time of CLOCK_MONOTONIC at `ticks`, in ns. Watchdog thread. */
uint64_t sw_clock_monotonic_at(uint64_t ticks);

/* The kernel's clocks, in ns, by system call: never faked, never interposed. */
uint64_t sw_clock_monotonic_ns(void);
uint64_t sw_clock_realtime_ns(void);

#endif
