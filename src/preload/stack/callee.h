/*
 * What is known of the function that a call goes to, by its name: does it return, and is it one of
 * those that go with a wait which is only tried again? Called by flow.c; watchdog thread.
 */
#ifndef SW_STACK_CALLEE_H
#define SW_STACK_CALLEE_H

#include "preload/stack/instruction.h"

enum sw_callee {
    SW_CALLEE_ANY,
    SW_CALLEE_ENDS,   /* never returns: exit, abort, a throw */
    SW_CALLEE_RETRIES /* errno, the clock, an interpreter's lock */
};

/* `call` is a call instruction as decoded. Not remembered for longer than a capture (memory.h). */
enum sw_callee sw_callee_of(const struct sw_instruction *call);

#endif
