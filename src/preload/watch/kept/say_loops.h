/*
 * With STALLWATCH_VERBOSE=1: which loops were found, by which thread and on what, what became of
 * them, and what was taken for none; so that a user can see why something was or was not watched.
 * Each loop's beginning and end are said once. Watchdog thread; see say.h.
 */
#ifndef SW_WATCH_SAY_LOOPS_H
#define SW_WATCH_SAY_LOOPS_H

#include "preload/notes/thread.h"

/* The thread is known to own this loop from now on. */
void sw_say_loop_found(const struct sw_thread *thread, const struct sw_loop *loop);
/* Why a loop is over. */
enum sw_loop_end {
    SW_LOOP_END_CLOSED,
    SW_LOOP_END_LEFT, /* its function has returned, or another loop has taken its place */
    SW_LOOP_END_THREAD
};
void sw_say_loop_over(const struct sw_thread *thread, const struct sw_loop *loop,
                      enum sw_loop_end why);
/* A thread, with this loop or a candidate, was found to be parked by the function of this linked
 * name (NULL: not known). */
void sw_say_parks(const struct sw_thread *thread, const struct sw_loop *loop, const char *linked);
/* Two loops of a thread take turns. */
void sw_say_turns(const struct sw_thread *thread, const struct sw_loop *one,
                  const struct sw_loop *other);
/* A descriptor that is waited on often enough, and by itself is no loop's: a client's socket. */
void sw_say_no_loop(const struct sw_thread *thread, const struct sw_loop *loop);

#endif
