/*
 * Locks that processes take turns under at what they wait for, as servers do that fork their
 * workers beforehand and accept from many sockets (Apache's accept mutex, Postfix's): who has the
 * lock waits for his loop, and gives it back after that. Such a lock is known by what the thread
 * does with it: it was given back in another iteration than it was taken in. Waiting for one is
 * parking (park.h); whatever else a lock is for, it goes back before the next wait.
 *
 * Of locks of files and System V semaphores, which are taken seldom; called by their wrappers
 * (interpose/file_locks.c), on the thread that takes them.
 */
#ifndef SW_NOTES_TURN_H
#define SW_NOTES_TURN_H

#include "preload/notes/thread.h"

enum sw_turn {
    SW_TURN_NEITHER,
    SW_TURN_TAKES, /* ... the lock, and may wait for it */
    SW_TURN_GIVES  /* it back */
};

/* Which lock it is: a descriptor or set, and what of it. Never 0. */
static inline uint64_t sw_turn_lock(int id, uint64_t part)
{
    return (((uint64_t)(uint32_t)id + 1) << 32) ^ part;
}

/* Is it known to be one? */
bool sw_turn_is_at(uint64_t lock);
/* The calling thread has taken it, or given it back. */
void sw_turn_note(enum sw_turn what, uint64_t lock);

#endif
