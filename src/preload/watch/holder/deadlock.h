/*
 * Threads that wait for each other in a circle: from who holds the lock that a loop waits for to
 * what that thread waits for, and so on. Watchdog thread.
 */
#ifndef SW_WATCH_DEADLOCK_H
#define SW_WATCH_DEADLOCK_H

#include <stdbool.h>

#include "common/text.h"
#include "preload/watch/holder/waits_for.h"

/* Does the way from `waits` of thread `tid` lead back to it? Then true, and the circle is told in
 * `text`: "deadlock: thread 1 "a" waits for a mutex held by thread 2 "b", which waits for a mutex
 * held by thread 1". Bounded; a thread that goes on meanwhile ends the way. */
bool sw_deadlock_tell(int tid, const struct sw_waits_for *waits, struct sw_text *text);

#endif
