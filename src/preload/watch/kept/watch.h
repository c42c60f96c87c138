/*
 * What the watchdog keeps of the iteration in progress of one thread. Data only; one for each
 * thread record. Watchdog thread.
 */
#ifndef SW_WATCH_WATCH_H
#define SW_WATCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/languages/language.h"
#include "preload/notes/thread.h"
#include "preload/stack/unwind.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/sampler/sampler.h"

struct sw_held;

#define SW_WATCH_OUTSIDE 4
#define SW_WATCH_DETAIL  256
#define SW_WATCH_DETAILS 4
#define SW_WATCH_KERNEL  320
#define SW_WATCH_BASES   4

struct sw_sample {
    uint64_t at_ns;    /* offset into the iteration */
    uint64_t ticks;    /* when it was taken, where that was not just now; else 0 */
    unsigned weight;   /* looks at which the stack was this one */
    uint32_t sequence; /* of the call that the thread was in, odd; 0: it was running or in an
                          unwrapped call */
    uint32_t call_id;  /* valid with `sequence` */
    uint64_t still_ns; /* how long the thread stood still for it */
    char kernel[SW_WATCH_KERNEL]; /* as sw_kernel_frames writes it */
    char label[SW_LABEL_TEXT];    /* what the runtime calls what it works on; empty: not known */
    struct sw_unwind_stack stack;
    struct sw_language_stack language; /* placed in `stack` */
};

/* A system call that no wrapper noted, seen at two looks. */
struct sw_outside {
    long number;
    bool sleeps;                  /* a select or poll of no descriptors */
    uint64_t total;               /* ticks */
    uint64_t unserved;            /* of them: for want of a CPU for another thread */
    char detail[SW_WATCH_DETAIL]; /* of the first that was seen at two looks */
};

/* An unwound stack of a loop's wait; of the loops that wait from several places (a dialog's nested
 * one) the last of each are kept. */
struct sw_watch_base {
    uint64_t wait_sp; /* 0: none */
    struct sw_unwind_stack *stack;
    bool language_read;
    unsigned language_asked;            /* for a wait to read it in */
    struct sw_language_stack *language; /* what the wait runs of a language; NULL: nothing known */
};

/* What was seen of a call while it was in progress. Those that were seen longest stay. */
struct sw_watch_detail {
    uint64_t entered; /* ticks, when the call was; 0: free */
    uint64_t seen;    /* ... and the last look that found it going on */
    char text[SW_WATCH_DETAIL];
};

struct sw_watch {
    bool open;     /* speaks of an iteration in progress */
    bool dropped;  /* ... which has turned out to be nobody's stall */
    bool judged;   /* the question whose loop it is has been asked for this iteration */
    uint32_t loop; /* index in the thread's loops */
    uint32_t loop_id;
    uint64_t iteration, began;
    uint64_t busy_since;   /* of the loop: `began`, or before that where it was parked until then */
    uint64_t unsure_since; /* `busy_since` of the last iteration whose loop may have been left */
    struct sw_reading before; /* the thread's last one before this iteration */
    struct sw_reading first, last;

    uint64_t stall_id; /* 0: none given yet */
    uint64_t next_ongoing_ns;
    uint64_t
        due_age_ns; /* how old the iteration was when what is due was last left with the helper */
    uint64_t occurrence; /* of its signature, counted once */
    uint64_t signature;

    uint64_t next_sample_ns, sample_step_ns;
    unsigned sample_count;
    unsigned language_missed;  /* samples on end whose thread went on before it was read */
    struct sw_sample *samples; /* room for sw_settings.samples, mapped with the first */
    struct sw_stack_bounds bounds;

    struct sw_syscall_view view;     /* at the last look, and when that was */
    uint64_t view_ticks, view_since; /* ... and of the last look that did not find it there */
    bool view_unserved;              /* as sw_unserved_wait said of it then */
    unsigned looks, looks_at_fault;  /* outside of calls; that found the thread in a page fault */
    struct sw_outside outside[SW_WATCH_OUTSIDE];

    struct sw_held *held; /* of holder.h; NULL: nothing was ever held from this thread */

    struct sw_watch_detail details[SW_WATCH_DETAILS];

    /* Of the thread, over all iterations. */
    uint64_t parks_learnt; /* ticks: an iteration that began before may hold time spent parked, or
                              waiting for the loop another way */
    uint64_t turn_learnt;  /* ticks: since then it is known where its callbacks return to, of those
                              that it calls without waiting in between */
    uint64_t job_loop, job_cfa; /* the call by which a worker runs its loop, see jobs.h; 0: none */
    int32_t tid;
    struct sw_reading
        known; /* the last reading at all: what starvation is counted from where nobody looked */
    const struct sw_loop *idle_loop; /* that it waited for at the last pass; NULL: none */
    uint64_t idle_iteration;         /* of it, or one that the loop is past */
    uint32_t why_seen;               /* of the thread's stretches that may block */
    uint32_t lost_seen;              /* of the thread's ended_lost */
    struct sw_watch_base base[SW_LOOPS_PER_THREAD][SW_WATCH_BASES];
    uint32_t base_id[SW_LOOPS_PER_THREAD];     /* of the loop that they are of */
    uint32_t never_asked[SW_LOOPS_PER_THREAD]; /* loop id that `never` is the answer for */
    bool never[SW_LOOPS_PER_THREAD];           /* see sw_parks_never */
    uint32_t verified[SW_LOOPS_PER_THREAD]; /* loop id whose wait's owner was once seen on the stack
                                               of a stall */
    uint32_t announced[SW_LOOPS_PER_THREAD]; /* loop id that was said to be found */
    unsigned fresh;                    /* bits of loops that were found since sw_bases_compare */
    bool refused[SW_LOOPS_PER_THREAD]; /* something there was said to be none; once a place */
};

#endif
