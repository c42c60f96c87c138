/* See turn.h. What is kept is the process's: its threads seldom take such locks, and what two of
 * them do at the same time is forgotten, not mixed up. A child goes on with it after a fork. */
#include "preload/notes/turn.h"

static _Atomic uint64_t known; /* the lock; 0: none */
static struct {
    _Atomic uint64_t lock; /* that was taken last; 0: it is given back */
    _Atomic uint64_t by;   /* the thread and its iteration */
} taken;

/* A thread that has never waited has no record, and 0. */
static uint64_t iteration_here(void)
{
    const struct sw_thread *thread = sw_thread_self;
    return thread != NULL ? ((uint64_t)(uint32_t)thread->tid << 32) | thread->stamp : 0;
}

bool sw_turn_is_at(uint64_t lock)
{
    return atomic_load_explicit(&known, memory_order_relaxed) == lock;
}

void sw_turn_note(enum sw_turn what, uint64_t lock)
{
    if (what == SW_TURN_TAKES) {
        atomic_store(&taken.by, iteration_here());
        atomic_store(&taken.lock, lock);
    } else if (what == SW_TURN_GIVES && atomic_load(&taken.lock) == lock) {
        bool waited = atomic_load(&taken.by) != iteration_here();
        if (waited || sw_turn_is_at(lock))
            atomic_store(&known, waited ? lock : 0);
        atomic_store(&taken.lock, 0);
    }
}
