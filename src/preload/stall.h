/*
 * A stall as a record: what the watchdog puts together and the reports print. Data only.
 *
 * Strings live in the arena of the capture, or are constant. Times in nanoseconds unless named
 * otherwise.
 */
#ifndef SW_PRELOAD_STALL_H
#define SW_PRELOAD_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/settings.h"

enum sw_stall_state { SW_STALL_ONGOING, SW_STALL_ENDED, SW_STALL_EXITING };
enum sw_lang {
    SW_LANG_NATIVE,
    SW_LANG_KERNEL,
    SW_LANG_PYTHON,
    SW_LANG_JS,
    SW_LANG_JAVA,
    SW_LANG_JIT
};

struct sw_frame {
    enum sw_lang lang;
    const char *function; /* demangled; NULL: not known */
    const char *file;     /* NULL: not known */
    uint32_t line;        /* 0: not known */
    const char *module;   /* base name; NULL: not known */
    const char *path;     /* of the module */
    uint64_t offset;      /* in the module's own addresses */
    bool has_offset;
    const char *build_id; /* hex; NULL: not known */
    bool inlined;
    bool machinery; /* native: a language's runtime at work, left out of texts */
};

struct sw_stack {
    unsigned samples;
    uint64_t at_ns; /* first sample's offset into the iteration */
    unsigned count;
    struct sw_frame *frames;
    unsigned inner; /* of the frames, those inside of the loop's own */
};

/* Who holds what the loop waits for: a lock, its own end. */
enum sw_holder_what {
    SW_HOLDER_MUTEX,
    SW_HOLDER_RWLOCK,
    SW_HOLDER_GIL,
    SW_HOLDER_THREAD,
    SW_HOLDER_PROCESS
};

struct sw_holder {
    enum sw_holder_what what;
    int tid; /* of a process its id */
    const char *name;
    const char *command; /* of a process: its command line, arguments with spaces between; NULL */
    unsigned count;
    struct sw_frame *frames; /* as the stack was while it held; count 0: not known */
};

struct sw_call_total {
    const char *name;
    const char *detail; /* NULL: none */
    uint64_t total_ns;
    uint64_t count; /* 0: seen only from outside (null in JSON) */
    /* What `detail` speaks of took this much of it in so many calls; 0: not known apart. */
    uint64_t detail_ns, detail_count;
};

/* A pool of threads of which each has been busy with one piece of work all the while, with other
 * work waiting. */
struct sw_pool_full {
    const char *name;
    unsigned threads, busy;
};

/* What the cause was decided by: how much of the stall each explains. They may overlap. */
struct sw_stall_figures {
    uint64_t blocking_ns, waiting_ns, lock_ns, gil_ns; /* in calls */
    uint64_t cpu_ns;                                   /* computing outside of calls */
    uint64_t starved_ns;                               /* ready, without a CPU */
    uint64_t throttled_ns, stolen_ns; /* what took the CPU away, as far as the kernel tells */
    uint64_t paging_ns;               /* waiting for memory to be read in */
    uint64_t stopped_ns;              /* the whole process stood still */
};

struct sw_stall {
    const struct sw_pool_full *pool; /* not NULL: no stall of a loop, but a pool that was full. Of
                                        the rest it has times, state, stacks (samples: threads) */
    uint64_t id;
    enum sw_stall_state state;
    uint64_t began_realtime_ns;
    uint64_t duration_ns;
    uint64_t threshold_ns;
    bool counted;
    bool startup; /* phase */

    int tid;
    char thread_name[17];
    bool main_thread;

    uint32_t loop_id;
    const char *wait;
    int fd; /* -1: none to name */
    uint64_t iteration;
    uint64_t events;

    enum sw_cause cause;
    unsigned call_count; /* of calls[], longest first, five at most */
    struct sw_call_total calls[5];
    bool call_named;   /* calls[0] took a tenth of the stall or more: it is "call" */
    uint64_t cause_ns; /* how much of the stall the cause explains */
    struct sw_stall_figures figures;

    uint64_t cpu_ns, runqueue_ns, blocked_ns, accounted_ns;
    bool runqueue_known;
    uint64_t major_faults, minor_faults;

    unsigned stack_count; /* most samples first */
    struct sw_stack *stacks;

    struct sw_holder *holder; /* NULL: nobody, or not known */
    const char *deadlock;     /* the circle that calls[0] is part of, told in words; NULL: none */

    uint64_t signature;
    uint64_t occurrence;
    const char *label, *hint, *suppressed; /* NULL: null */
};

/* One signature over the life of the process, for the summary. */
struct sw_stall_group {
    uint64_t signature;
    uint64_t count;
    uint64_t total_ns, max_ns;
    enum sw_cause cause;
    const char *call; /* NULL: none */
    const char *top;  /* "function file:line" of the innermost user frame; NULL */
};

/* A pool, for the summary. */
struct sw_pool_summary {
    const char *name;
    unsigned threads; /* the last time */
    uint64_t count, total_ns, max_ns;
};

struct sw_loop_summary {
    uint32_t id;
    int tid;
    const char *thread_name;
    const char *wait;
    uint64_t iterations;
    uint64_t busy_ns, wait_ns;
    uint64_t p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
};

struct sw_summary {
    uint64_t uptime_ns;
    uint64_t total, counted, suppressed, unreported;
    uint64_t notes;      /* stalls that did not count */
    uint64_t lines_lost; /* report lines that could not be written */
    unsigned loop_count;
    const struct sw_loop_summary *loops;
    unsigned group_count;
    const struct sw_stall_group *groups; /* worst (most total time) first, ten at most */
    unsigned pool_count;
    const struct sw_pool_summary *pools; /* that were full */
};

/* What every record says of its process. */
struct sw_process_info {
    const char *host, *exe, *comm, *program; /* program: base name of exe */
    int pid;
    unsigned argc;
    const char *const *argv;
    uint64_t threshold_ns;
};

#endif
