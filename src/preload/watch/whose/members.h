/*
 * Threads that take turns at one loop: which loop does a thread belong to that has only parked, or
 * has waited on the descriptor no more than once? The watchdog's half of notes/park_member.h;
 * watchdog thread.
 *
 * Parking in a scheduler's place is not enough: a pool of asio's parks in the same function as
 * threads of io_context::run, and has no loop. A thread belongs to a loop on which another thread
 * is known to wait if
 *
 *   - a thread of that loop has parked on the very same condition; or
 *   - the function that parks is part of the wait's stack there too, and, where it parks with a
 *     mutex, that is the last one which the other thread took before its wait.
 */
#ifndef SW_WATCH_MEMBERS_H
#define SW_WATCH_MEMBERS_H

#include "preload/watch/kept/watch.h"

/* The site that this loop is known by until its thread waits itself; NULL: it is not such a loop.
 */
struct sw_park_site *sw_members_site(struct sw_thread *thread, const struct sw_loop *loop);
/* Is this function, which waits for other threads itself, part of any found loop's wait? */
bool sw_members_wait_in(const struct sw_thread *self, const struct sw_unwind_frame *frame);
/* Makes the thread's outer loop a found one if it belongs to a loop. Asked where it would matter:
 * an iteration is getting long, or has been. */
void sw_members_confirm(struct sw_thread *thread, struct sw_watch *watch, uint64_t now);
/* The watched iteration of the thread gets long, and where its callbacks return to may not be
 * known: threads of the same loop that have parked are asked for it. Without an answer many
 * callbacks in turn, between which it neither waits nor parks, look like one. */
void sw_members_teach(struct sw_thread *thread, struct sw_watch *watch, unsigned index);
/* From when on an iteration that began at `began` is one callback's (both in ticks). Where that was
 * learnt while it went on, and not soon, what was before may have been others'. */
uint64_t sw_members_began(const struct sw_watch *watch, uint64_t began);
/* Is it a thread's first iteration, of one that takes turns, without a long call, and over before
 * that was known? Until the second wait of somebody it is nobody's loop that could be asked. */
bool sw_members_may_be_many(struct sw_thread *thread, struct sw_watch *watch,
                            const struct sw_ended *ended);
/* Does the thread park for what is no loop, as far as is known? Then nothing of it is a stall. */
bool sw_members_is_stranger(struct sw_thread *thread, const struct sw_loop *loop);

#endif
