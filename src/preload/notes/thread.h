/*
 * What a thread notes about itself: one record a thread, in a registry that the watchdog walks.
 *
 * The thread writes its record with plain stores; the watchdog reads it at any moment, and makes
 * sure by numbers that go up (sequence, iteration) that what it read belongs together. Records lie
 * in memory that the kernel wipes in a forked child (MADV_WIPEONFORK, madvise(2)): a child starts
 * clean, however it was forked.
 *
 * Rules on a loop thread, for all of notes/ and interpose/: no lock, no malloc, no system call, no
 * formatting, errno kept; but for the one moment when a loop is first seen or found (functions
 * marked "slow").
 */
#ifndef SW_NOTES_THREAD_H
#define SW_NOTES_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/machine/machine.h"
#include "preload/notes/calls_table.h"

#define SW_LOOPS_PER_THREAD 4
#define SW_POLL_CORE        8   /* descriptors of a poll loop that are kept track of */
#define SW_ENDED_RING       8   /* long iterations that the watchdog has not yet fetched */
#define SW_CALL_SLOTS       24  /* kinds of call of one iteration that are kept apart */
#define SW_CALL_CELLS       4   /* of each: the descriptors or locks that took most */
#define SW_CALL_TEXT        256 /* bytes kept of a call's string arguments */
#define SW_LABEL_TEXT       128 /* of a program's label, with its NUL */
#define SW_BASE_STACK       (64 * 1024)
#define SW_HISTOGRAM_CELLS  1152
#define SW_PARK_SITES       16

#define SW_LIKELY(x)   __builtin_expect(!!(x), 1)
#define SW_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* What a wait of the usual loop runs through: worth its copies. */
#define SW_INLINE static inline __attribute__((always_inline))

enum sw_loop_state {
    SW_LOOP_FREE,
    SW_LOOP_CANDIDATE, /* seen waiting, not yet known to be a loop */
    SW_LOOP_OWNED,
    SW_LOOP_CLOSED, /* its descriptor was closed */
    SW_LOOP_LEFT    /* the watchdog saw that its function has returned */
};

/* Why: something changed a loop of the thread; or the watchdog wants to see it wait. */
enum sw_attention { SW_ATTENTION_NONE, SW_ATTENTION_LOOP, SW_ATTENTION_CALL };

/* The handshake for a sample of a running thread, see watch/sampler/sampler.c. */
enum sw_request { SW_REQUEST_IDLE, SW_REQUEST_ASKED, SW_REQUEST_SENDING };

/* The wrapped call that the thread is in, while `sequence` is odd. */
struct sw_note {
    uint64_t entered; /* ticks */
    uint32_t id;      /* enum sw_call_id */
    uint16_t is_wait; /* the loop's own wait, not a call inside an iteration; SW_NOTE_PARKED */
    uint16_t kind;    /* enum sw_detail_kind: of a call, not of a wait */
    uint64_t argument[3];
    struct sw_noted_registers registers;
};

/* What one descriptor or lock took of a kind of call: those that took most stay. */
struct sw_call_cell {
    uint64_t key;   /* argument[0], and for descriptors how often it had been closed: see call.c */
    uint64_t total; /* ticks */
    uint32_t count;
};

#define SW_NOTE_PARKED 2 /* parked by a scheduler: no iteration is in progress either */
#define SW_NOTE_MASK   3 /* no call: its signal mask is being changed */

/* One kind of call in one iteration. A call writes the first line, if it is on the descriptor or
 * lock that the kind was first used on. */
struct sw_call_slot {
    uint32_t stamp; /* the iteration that the rest speaks of */
    uint32_t id;    /* enum sw_call_id */
    uint32_t count;
    uint16_t kept; /* were the pointers of the longest followed? */
    uint16_t cells_used;
    uint64_t total;   /* ticks */
    uint64_t longest; /* ticks */
    uint64_t longest_entered;
    struct sw_call_cell cells[SW_CALL_CELLS];
    /* Of the longest: together with the first line what the first call of an iteration writes. */
    uint64_t key; /* its cell's, if its kind has cells */
    uint64_t argument[3];
    char text[SW_CALL_TEXT]; /* its strings, NUL after each; empty where it was too short to matter
                              */
} __attribute__((aligned(64)));

/* The calls of one iteration. A kind keeps its slot from one to the next, until another wants it.
 * Where there are more kinds than slots in one, that which took least makes room, and only the sum
 * by class knows of it. */
struct sw_call_slots {
    uint32_t stamp;                 /* the iteration that `other` speaks of */
    uint64_t other[SW_CLASS_COUNT]; /* ticks */
    struct sw_call_slot slot[SW_CALL_SLOTS];
};

/* The stack of the loop's wait, taken once by the loop's own thread when the loop is found. */
struct sw_base_stack {
    uint64_t wait_sp; /* of the loop, at that wait */
    struct sw_noted_registers registers;
    uint32_t size;
    unsigned char bytes[SW_BASE_STACK]; /* from registers.sp on */
};

struct sw_loop {
    /* The line that every wait writes. */
    _Atomic uint64_t busy_since; /* ticks when its wait returned; 0 while it waits */
    _Atomic uint64_t iteration;
    uint64_t began;          /* ticks when the last iteration did; not yet in the totals */
    uint64_t busy_total;     /* ticks */
    uint64_t busy_longest;   /* ticks */
    int64_t wait_timeout_ns; /* of the wait in progress; negative: no end */
    uint64_t wait_sp;        /* stack pointer of the last wait's caller at its call */
    uint32_t events;         /* of the iteration in progress */
    uint16_t
        unusual; /* the end of its waits needs thought: in its phase startup, or not on epoll */
    _Atomic uint16_t awaited; /* the watchdog sleeps, and wants to hear of the wait's end */

    /* Busy time in ticks, see loop_histogram.h: the cells of a quick loop are in the next line. */
    uint32_t histogram[SW_HISTOGRAM_CELLS];

    _Atomic uint64_t awaited_until; /* ticks: from then on it comes by itself */
    int32_t fd;                     /* of epoll or io_uring; -1 for others */
    uint32_t kind;                  /* enum sw_wait_kind of its last wait */
    uint64_t key;               /* as in struct sw_wait_target; not for sets; of a parked thread's
                                   the number of its site + 1 */
    uint32_t wait_id;           /* enum sw_call_id of the last wait */
    uint64_t born;              /* ticks at its first wait */
    uint64_t born_iteration;    /* of the outer loop, when this one was first seen */
    _Atomic uint64_t closed_at; /* ticks, with SW_LOOP_CLOSED */
    _Atomic uint32_t state;     /* enum sw_loop_state */
    _Atomic uint32_t
        group; /* loops of one non-zero group take turns: a wait on one is a wait on all */
    uint32_t id;
    uint32_t waits;
    uint32_t startup; /* phase */
    uint32_t many;    /* a set of more than one descriptor was seen */
    uint32_t listens; /* a lone socket that listens, in a set kept elsewhere than on the stack */
    uint32_t core_count;
    _Atomic int32_t
        core[SW_POLL_CORE]; /* descriptors that all its polls have shared; -1: closed since */
    uint32_t core_place;    /* where core[0] stood in the last poll */
    _Atomic(struct sw_base_stack *) base;
    uint64_t base_sp;             /* wait_sp of the wait that it was taken at */
    uint32_t base_taken;          /* how often */
    _Atomic uint32_t base_wanted; /* by the watchdog: it is another function that waits now */
    char thread_name[17]; /* as the watchdog last read it: the thread may end before its loop's
                             figures are told */
    /* Of a set, as return addresses: who called the last of its waits; who waited for one of its
     * descriptors aside of that (0: nobody), and whose such waits the watchdog has found to be a
     * call, or the loop itself. */
    uint64_t wait_caller;
    _Atomic uint64_t aside_caller, aside_call, aside_turn;
    _Atomic uint64_t aside_at; /* when the last of them began, ticks */
    uint32_t left_for; /* with SW_LOOP_LEFT: the id of the loop that has taken its place, or 0 */
    uint32_t flushes;  /* of io_uring: it has waited for nothing but what it submitted then */
    uint32_t refused;  /* waited on often enough, and found to be a client's */
} __attribute__((aligned(64)));

/* Calls of one iteration that came from places where nobody knew yet whether threads park there. If
 * one does, the iteration was over when the first of them began, and another began when the last
 * had returned: watch/whose/parks.c. */
struct sw_maybe_parked {
    uint32_t stamp, site; /* of the iteration; the last one's, its number + 1, or 0: none */
    uint32_t id, count;   /* enum sw_call_id of the last one, how many */
    uint64_t first_entered, last_returned; /* ticks */
    uint64_t total;                        /* ticks */
};

struct sw_label {
    uint32_t stamp; /* of the iteration that it belongs to */
    uint64_t ticks; /* since when it is in force; of the longest: for how long it was */
    char text[SW_LABEL_TEXT];
};

/* What the program says itself: see annotate.c. */
struct sw_annotations {
    /* A wait of its own. */
    uint32_t waiting, wait_in_iteration, wait_is_call;
    uint64_t wait_key, wait_entered;
    struct sw_loop *wait_loop; /* NULL: it is none of the thread's loops */
    /* A stretch that may block. */
    _Atomic uint32_t allow_depth;
    uint32_t allow_in_iteration;
    uint64_t allow_began, allow_since, allow_iteration;
    struct sw_loop *allow_loop;
    _Atomic uint32_t why_count;
    char why[SW_LABEL_TEXT]; /* of the last one */
    /* Labels. */
    _Atomic uint32_t label_version; /* odd: being changed */
    struct sw_label label, longest;
};

/* An iteration that ended over the threshold, with its calls: left for the watchdog. */
struct sw_ended {
    uint32_t loop; /* index */
    uint32_t loop_id;
    uint64_t iteration, began, ended, events;
    uint64_t aside_at; /* the loop's by then */
    uint32_t startup;
    uint32_t call_count;
    bool turns_known;               /* the thread's turn_lock was */
    uint64_t other[SW_CLASS_COUNT]; /* of calls that had no room, ticks */
    struct sw_call_slot calls[SW_CALL_SLOTS];
    struct sw_maybe_parked maybe;
    char label[SW_LABEL_TEXT];
};

enum sw_park_verdict {
    SW_PARK_UNKNOWN, /* the watchdog has not judged it yet */
    SW_PARK_YES,
    SW_PARK_NO
};

/* A place that waits for other threads were entered from: is it where a scheduler parks its
 * threads? */
struct sw_park_site {
    uint64_t caller, cfa;       /* return address, and the stack pointer at the call; 0: free */
    uint64_t depth;             /* below the TCB: the same in all threads of a pool */
    uint64_t object, lock;      /* what was waited on, and the mutex with it (0: none) */
    uint64_t between_processes; /* 1: it is a lock that others take too */
    _Atomic uint32_t verdict;   /* enum sw_park_verdict */
    /* Copied when it was first seen, until the watchdog takes it; while it is there the site stays.
     */
    _Atomic(struct sw_base_stack *) stack;
};

struct sw_thread {
    /* What a wait of the usual loop touches: this line, and the loop's first. */
    uint64_t hot_key;      /* descriptor + 1 of the epoll loop in loops[0], if its iteration is in
                              progress; 0: none */
    struct sw_loop *outer; /* the loop whose iteration is in progress or just waited for; NULL */
    _Atomic uint32_t sequence;  /* odd: inside a wrapped call */
    _Atomic uint32_t request;   /* enum sw_request */
    _Atomic uint32_t attention; /* enum sw_attention: take the slow way into the next wait */
    uint16_t in_iteration;      /* calls are noted */
    uint16_t clock_is_tsc; /* sw_clock_is_tsc and sw_process->threshold_ticks, where they cost no
                              page more: */
    uint32_t stamp;        /* of the iteration, for call slots */
    int32_t tid;           /* 0: wiped or free */
    _Atomic uint64_t
        threshold_ticks; /* ... a system call may have emptied the TLB; 0: not known yet */
    struct sw_note note;
    _Alignas(64) uint8_t place[SW_CALL_COUNT]; /* which slot is a call's, if that one says so too */

    _Atomic uint32_t ended_head, ended_tail; /* ring indices, unbounded */
    uint32_t ended_lost;
    uint32_t loops_used;
    uint32_t park_sequence; /* of the last call that may have been parking */
    uint32_t park_site;     /* ... and the number of its site + 1; 0: none */
    uint32_t parks_copied, park_next;
    struct sw_maybe_parked maybe;
    /* Where the scheduler's function takes its lock again when a callback has returned: the lock
     * (0: not known), and the stack pointer at its calls. */
    uint64_t turn_lock, turn_cfa;
    uint64_t last_mutex;           /* that it has taken in an iteration, or is about to */
    uint64_t wait_cfa;             /* wait_sp of the last wait that was not the usual one */
    uint64_t wait_caller;          /* ... and the return address of its wrapper */
    _Atomic uint32_t mask_changes; /* see mask_change.h */
    _Alignas(64) struct sw_loop loops[SW_LOOPS_PER_THREAD];
    _Alignas(512) struct sw_call_slots calls; /* on one page as far as most programs need slots */
    struct sw_annotations annotations;
    struct sw_ended ended[SW_ENDED_RING];
    struct sw_park_site parks[SW_PARK_SITES];
};

_Static_assert(offsetof(struct sw_call_slot, cells[1]) == 64, "what a call writes in one line");
_Static_assert(SW_CALL_SLOTS <= 255, "a place is a byte");
_Static_assert(offsetof(struct sw_thread, calls) % 4096 == 0, "records are mapped: a page's start");
_Static_assert(offsetof(struct sw_loop, histogram) == 64, "what every wait writes in one line");

/* This thread's record; NULL: never waited. After a fork it points to a wiped one (tid 0). */
extern __thread struct sw_thread *sw_thread_self
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* This thread's record, made or made anew where needed. NULL where the process is not watched or
 * memory is short. Slow: mmap, once a thread. Keeps errno. */
struct sw_thread *sw_thread_attach(void);

/* The registry, for the watchdog and for closes: records 0 to sw_thread_count()-1; NULL or tid 0
 * where free. */
unsigned sw_thread_count(void);
struct sw_thread *sw_thread_at(unsigned index);
/* The process is watched no more: in whatever wait or callback a thread is, it finds itself in no
 * iteration afterwards. Any thread. */
void sw_thread_end_iterations(void);
/* Gives back the record of a thread that has ended (kill(2) said ESRCH). Watchdog thread. */
void sw_thread_release(struct sw_thread *thread);

/* The slot of call `id` in the iteration with this stamp; NULL: there is none. The loop thread, or
 * the watchdog, which has to bear with what changes meanwhile. */
static inline struct sw_call_slot *sw_call_slot_of(struct sw_thread *thread, uint32_t id)
{
    struct sw_call_slot *slot = &thread->calls.slot[thread->place[id] % SW_CALL_SLOTS];
    return slot->id == id && slot->stamp == thread->stamp && slot->count > 0 ? slot : NULL;
}

/* A sample was asked for as this thread entered a call: takes the request back, or, where the
 * signal is already on its way, lets it arrive first (bounded). Loop thread; system calls only in
 * that rare case. */
void sw_thread_answer_request(struct sw_thread *thread);

#endif
