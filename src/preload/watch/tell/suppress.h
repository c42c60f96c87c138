/*
 * STALLWATCH_SUPPRESSIONS in a watched program: the files are read when the first loop has been
 * found, and each stall is held against the rules before it is counted. On the watchdog thread.
 */
#ifndef SW_PRELOAD_WATCH_SUPPRESS_H
#define SW_PRELOAD_WATCH_SUPPRESS_H

#include "preload/stall.h"

/* Reads the files; what cannot be read, and each bad line, is said. */
void sw_suppress_start(void);
/* Sets stall->suppressed to the rule that matches, which stays until the process ends; else
 * leaves it. */
void sw_suppress_stall(struct sw_stall *stall);
/* With STALLWATCH_VERBOSE=1: says which rules have matched nothing. */
void sw_suppress_say_unused(void);

#endif
