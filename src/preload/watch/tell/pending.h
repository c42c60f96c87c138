/*
 * Reports that wait for the helper's answers, in the order in which they were made.
 *
 * The watchdog never waits for the helper while a program runs: a stall is composed when it is
 * found, its questions are sent, and it is told when they have been answered, or not in time; the
 * loops are looked at meanwhile. What is not told yet is due if the program dies. Watchdog thread.
 */
#ifndef SW_WATCH_PENDING_H
#define SW_WATCH_PENDING_H

#include <poll.h>

#include "preload/watch/samples/stacks.h"

/* A stall to be told, composed in the capture's arena just now; gets its numbers. Where too many
 * wait already the first of them is told without lines. */
void sw_pending_tell(struct sw_stall *stall, const struct sw_stacks *stacks);
/* A stall in progress, as it would have to be told if the program died now: left with the helper at
 * once, and again with its lines if `asks` and nothing else waits. Sets its id where it has none.
 */
void sw_pending_leave_due(struct sw_stall *stall, const struct sw_stacks *stacks, bool asks);
/* Takes the answers that have come; tells what is complete. */
void sw_pending_tend(void);
/* Does anything wait? Then for what, and until when (ticks). */
bool sw_pending_waits(struct pollfd *wanted, uint64_t *until);
/* Tells all, waiting for lines `timeout_ms` altogether: the process is ending. */
void sw_pending_finish(unsigned timeout_ms);
/* In a forked child: what waits is the parent's. */
void sw_pending_forget(void);

#endif
