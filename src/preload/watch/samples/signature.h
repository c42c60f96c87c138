/*
 * The same stall in the same program has the same signature in every run: a hash of the program's
 * base name, the call's name or "cpu", and module and function, as linked, of the frames that all
 * samples have in common, the loop's own and what is outside of it left out, and of what computes
 * in a language the C functions inside of its own. Pure; watchdog thread.
 */
#ifndef SW_WATCH_SIGNATURE_H
#define SW_WATCH_SIGNATURE_H

#include "preload/watch/samples/linkage.h"

/* `program`: its base name. `key`: the call's name, or "cpu". `stacks`: those of all samples,
 * `count` of them, 0 where there is none; then it is made of program and key alone. */
uint64_t sw_signature_of(const char *program, const char *key, const struct sw_linked_stack *stacks,
                         unsigned count);

#endif
