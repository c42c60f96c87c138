/*
 * The loop that optimised code is in, by its own jumps: where it asks whether it shall stop.
 * Watchdog thread only.
 */
#ifndef SW_LANGUAGES_V8_LOOP_H
#define SW_LANGUAGES_V8_LOOP_H

#include <stdint.h>

#define SW_V8_CHECKS 8

/*
 * A loop of JavaScript looks each time around whether it shall stop (an interrupt), and if so calls
 * the runtime; only short ones of a known length may do without. Fills in what those calls of the
 * smallest loop around the instruction at `ip` return to. Returns how many there are; 0: it is in
 * no loop, in one that is too long, or in one without.
 */
unsigned sw_v8_loop_checks(uint64_t ip, uint64_t returns[SW_V8_CHECKS]);

#endif
