/*
 * Waits for one descriptor of a poll loop that has many, from elsewhere than the loop waits: a call
 * in a callback that waits for an answer on a connection which the loop listens to as well (XSync
 * in GTK's loop, PQexec on a socket that the program's own loop polls), or the loop itself, turned
 * another way (a program that sleeps in poll while it has timers, and in XNextEvent while it has
 * none)?
 *
 * Notes take it for a call. The watchdog decides when an iteration gets long, before it is taken
 * for a stall: it is a call where another module waits than the one that waits for the loop, and
 * its own function was not called by the one that turns the loop. Ruby's library waits for all of
 * the language: what it waits for in an extension's loop is a call. Watchdog thread.
 */
#ifndef SW_WATCH_ASIDE_H
#define SW_WATCH_ASIDE_H

#include "preload/watch/kept/watch.h"

/* Has it turned out just now that the loop is turned by such waits too? Then what began before is
 * nobody's stall, and those waits end iterations from now on. What has gone on for the threshold
 * since the last one is a stall, whatever that was. `sample`: a stack of the iteration, or NULL. */
bool sw_aside_turned(struct sw_thread *thread, struct sw_watch *watch, const struct sw_ended *ended,
                     const struct sw_sample *sample);
/* The same of the iteration in progress at `now` (ticks), which is dropped then; true as well where
 * it is too early to tell. */
bool sw_aside_may_turn(struct sw_thread *thread, struct sw_watch *watch, uint64_t now);

#endif
