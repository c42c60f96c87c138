/*
 * Many logs as one: stalls by signature, each with its stacks; and, where asked for, by the loop
 * that they were on. Grows with the number of signatures, stacks and processes, not of records.
 *
 * Filled by load.c, read by formats/. One thread; nothing is given back before the command ends.
 */
#ifndef SW_COMMAND_MERGE_H
#define SW_COMMAND_MERGE_H

#include "command/record.h"
#include "command/strings.h"
#include "common/suppressions.h"

#define SW_MERGE_STACKS   64  /* different stacks kept of one signature */
#define SW_MERGE_PROGRAMS 4   /* names of programs kept of one signature */
#define SW_MERGE_TRACKS   500 /* loops kept apart */
#define SW_MERGE_POINTS   256 /* the longest stalls of a loop, each by itself */

struct sw_merged_stack {
    const struct sw_record_frame **frames; /* innermost first; each frame once in memory */
    unsigned count;
    uint64_t hash, samples;
    uint64_t weight_ns; /* its part of its stalls' time, by samples */
};

struct sw_merged_holder {
    const char *what, *name, *command; /* what NULL: nobody; command: of a process, or NULL */
    int64_t tid;
    const struct sw_record_frame **frames;
    unsigned count;
};

struct sw_signature {
    uint64_t signature;
    size_t index; /* its place among them after sw_merge_finish */
    bool pool;    /* a pool of threads that was full: `thread` is its name */
    uint64_t pool_threads;
    uint64_t count, counted, suppressed, ongoing; /* ongoing: never ended, as far as is known */
    uint64_t total_ns, max_ns, min_ns;
    uint64_t cpu_ns, runqueue_ns, blocked_ns;
    bool known;          /* in the baseline */
    enum sw_cause cause; /* these are of the longest */
    bool startup;
    struct sw_record_call call;
    const char *longest_time, *host, *thread, *wait, *label;
    int64_t pid, tid;
    uint64_t threshold_ns;
    struct sw_record_call calls[SW_RECORD_CALLS];
    unsigned call_count;
    struct sw_merged_holder holder;                     /* of the last that had one */
    struct sw_record_figure figures[SW_RECORD_FIGURES]; /* sums of all */
    unsigned figure_count;
    const char *hint, *rule;                 /* NULL: none */
    const char *first, *last;                /* RFC 3339 */
    const char *programs[SW_MERGE_PROGRAMS]; /* base names of files */
    unsigned program_count;
    struct sw_merged_stack **stacks; /* most samples first after sw_merge_finish */
    unsigned stack_count;
    uint64_t without_stack_ns; /* time of stalls without a stack, or beyond SW_MERGE_STACKS */
};

struct sw_track_part {
    const struct sw_signature *signature;
    const struct sw_merged_stack *stack; /* NULL: none was kept */
    uint64_t weight_ns;
};

/* A stall by itself, for a time line. */
struct sw_track_point {
    const struct sw_signature *signature;
    int64_t time_ms; /* when its iteration began, since 1970 */
    uint64_t duration_ns;
    bool counted, ongoing;
};

/* A loop of a process, or a pool. */
struct sw_track {
    const char *host, *program, *thread, *wait; /* program NULL: all loops beyond the most */
    int64_t pid, tid;
    uint64_t stalls, total_ns;
    struct sw_track_part *parts;
    size_t part_count, part_room;
    struct sw_track_point
        *points; /* a heap, the shortest first, until sw_merge_finish; then by time */
    size_t point_count;
    struct sw_record_loop loop; /* iterations 0: no summary told of it */
};

struct sw_merge {
    /* Set by the caller before the first record. */
    bool want_parts, want_points;    /* of tracks: for speedscope's profiles, for a time line */
    bool want_sources;               /* lines of the files that frames name, where they are there */
    const struct sw_table *baseline; /* of signatures that do not count; NULL */
    struct sw_suppressions *suppressions;

    struct sw_signature **signatures; /* longest total first after sw_merge_finish */
    size_t signature_count, signature_room;
    struct sw_track **tracks;
    size_t track_count;
    uint64_t stalls, counted, suppressed, known, ongoing;
    uint64_t pools; /* reports of full pools: no stalls, but counted where they count */
    uint64_t processes, hosts, summaries;
    uint64_t iterations, lines_lost;
    uint64_t reported; /* stalls that the summaries speak of */
    const char *first, *last;

    struct sw_table by_signature, by_track, process_table, host_table, frame_table, pending;
};

/* Nothing is in it yet. Where there is no memory for what comes, the command ends. */
void sw_merge_start(struct sw_merge *merge);
/* Takes a record in; it is the merge's from then on. */
void sw_merge_record(struct sw_merge *merge, struct sw_record *record);
/* When all is read: what never ended counts by its last record; sorts. */
void sw_merge_finish(struct sw_merge *merge);

/* The innermost frame that is the program's and not the system's; with a line if there is one.
 * NULL where there is no stack. */
const struct sw_record_frame *sw_merge_where(const struct sw_signature *signature);
/* Is it the kernel's, libc's or a language's own? */
bool sw_merge_is_system(const struct sw_record_frame *frame);
/* Adds a signature to a baseline's table; is it there? */
void sw_baseline_add(struct sw_table *baseline, uint64_t signature);
bool sw_baseline_has(const struct sw_table *baseline, uint64_t signature);

#endif
