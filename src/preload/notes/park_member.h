/*
 * Threads that have only parked so far: see park_member.c. Called by the wrappers of calls that
 * threads of pools park in, and by those of locks, on the thread that calls.
 */
#ifndef SW_NOTES_PARK_MEMBER_H
#define SW_NOTES_PARK_MEMBER_H

#include <pthread.h>

#include "preload/notes/thread.h"
#include "preload/notes/wait_target.h"

/* Where a thread waits for others, and on what. */
struct sw_park_place {
    uint64_t caller,
        cfa; /* return address of the wrapper, its caller's stack pointer at the call */
    uint64_t object, lock;  /* the condition, semaphore or futex word; its mutex, or 0 */
    bool between_processes; /* the object is a lock that others take too */
    bool takes_turn;        /* ... and known to be one that turns are taken under: see turn.h */
};

/* A call that was not noted has returned: may it have been parking for a loop? Then an iteration
 * of the thread begins. `here`: registers in the wrapper. Slow where the place is new to the
 * thread, a bounded number of times in a process. Keeps errno. */
void sw_park_returned(const struct sw_noted_registers *here, const struct sw_park_place *place);

/* The thread, whose outer loop it has only parked for, is about to wait: if that is the loop's own
 * wait, the loop is known by it from now on. */
void sw_park_member_waits(struct sw_thread *thread, const struct sw_wait_target *target);

/* The scheduler's lock is about to be taken, from `cfa`: where its own function does, a callback
 * has returned, and the iteration is over. */
void sw_park_turn(struct sw_thread *thread, uint64_t cfa);

/* How deep in its thread's stack the place is, from the TCB on, which lies at the stack's upper
 * end. */
static inline uint64_t sw_park_depth(const struct sw_park_place *place)
{
    return (uint64_t)pthread_self() - place->cfa;
}

/* What the watchdog has found out of a place goes for all threads of a pool. SW_PARK_NO holds until
 * sw_park_forget_no: another loop may be found. False: that was known. Watchdog thread. */
bool sw_park_remember(const struct sw_park_site *site, enum sw_park_verdict verdict);
void sw_park_forget_no(void);
/* That, or SW_PARK_UNKNOWN. Any thread. */
enum sw_park_verdict sw_park_remembered(const struct sw_park_place *place);

#endif
