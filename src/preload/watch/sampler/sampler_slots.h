/*
 * The samples that are on their way: what the handler is to write to, and how it is known to be the
 * question's own answer.
 *
 * On a busy machine a thread may answer long after the watchdog has gone on: the slot stays its
 * until then. Each question has a serial number, which the signal carries; state and number are one
 * word, so that handler and watchdog each take a slot only from where they think it stands.
 */
#ifndef SW_WATCH_SAMPLER_SLOTS_H
#define SW_WATCH_SAMPLER_SLOTS_H

#include <signal.h>

#include "preload/notes/thread.h"
#include "preload/watch/sampler/sampler.h"

enum sw_slot_state {
    SW_SLOT_FREE,
    SW_SLOT_SENT,
    SW_SLOT_WRITING, /* the handler has it */
    SW_SLOT_TAKEN
};

struct sw_slot {
    _Atomic uint64_t word; /* serial * 4 + enum sw_slot_state */
    int tid, number;
    struct sw_thread *thread; /* NULL: a thread that has no record */
    struct sw_stack_bounds bounds;
    _Atomic uint64_t
        hold;            /* the serial for which the thread is to stand still; 0: not (any more) */
    uint64_t hold_ticks; /* at most */
    uint64_t sent_ns;    /* CLOCK_MONOTONIC */
    uint64_t ticks;      /* when it was taken */
    uint64_t began;      /* of the iteration that it was taken in */
    uint64_t reg[SW_REGISTERS];
    uint64_t low, size;
    unsigned char *bytes;
    size_t touched;
};

/* Forgets all questions: in a forked child no answer will come to its parent's. Watchdog. */
void sw_slots_start(void);
/* A slot for a question to `tid`, its memory touched as deep as `sp` and some more; NULL: none is
 * free. Watchdog. */
struct sw_slot *sw_slots_prepare(int tid, struct sw_thread *thread,
                                 const struct sw_stack_bounds *bounds, uint64_t sp);
/* The slot with a question to `tid` that is not done with; NULL. Watchdog. */
struct sw_slot *sw_slots_of(int tid);
enum sw_slot_state sw_slot_state(const struct sw_slot *slot);
/* Queues the signal that the slot's answer is asked for by; the thread is to stand still behind it
 * for `hold_ns` at most. 0, -EAGAIN (too many are queued), -EPERM; then the slot is free again.
 * Watchdog. */
int sw_slot_send(struct sw_slot *slot, int number, uint64_t hold_ns);
/* Lets the thread go on. True: it has stood still until now. Watchdog. */
bool sw_slot_let_go(struct sw_slot *slot);
/* The answer has been used, or is of no use. Watchdog. */
void sw_slot_give_back(struct sw_slot *slot);
/* Will no answer come any more, since the signal is gone (the program took it, or threw it away)?
 * Then the slot is free, and the thread may be asked again. Watchdog. */
bool sw_slot_is_lost(struct sw_slot *slot);

/* The handler: copies registers and stack. On the thread that is sampled, at any instruction: no
 * lock, no malloc, no system call, errno untouched. */
void sw_slots_on_signal(int number, siginfo_t *info, void *context);

#endif
