/*
 * One line of a log as a record: what read_records.c makes of JSON, and merge.c takes in.
 *
 * Strings belong to the record's document and are gone with it (sw_record_release). Times are in
 * nanoseconds, as everywhere.
 */
#ifndef SW_COMMAND_RECORD_H
#define SW_COMMAND_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/settings.h"

enum sw_record_type {
    SW_RECORD_PROCESS,
    SW_RECORD_STALL,
    SW_RECORD_POOL, /* a pool of threads that was full; read as a stall of its own kind */
    SW_RECORD_SUMMARY,
    SW_RECORD_OTHER
};
#define SW_RECORD_NO_TIME INT64_MIN
enum sw_record_state { SW_RECORD_ONGOING, SW_RECORD_ENDED, SW_RECORD_EXITING };

struct sw_record_frame {
    const char *lang, *function, *file, *module, *build_id; /* NULL: not known */
    uint32_t line;                                          /* 0: not known */
    bool inlined;
};

struct sw_record_call {
    const char *name, *detail; /* NULL: none */
    uint64_t total_ns, count;
};

/* A part of a stall's time by what it went to: "blocking", "cpu", … */
struct sw_record_figure {
    const char *name;
    uint64_t ns;
};

/* Who holds what a stalled loop waits for. */
struct sw_record_holder {
    const char *what, *name; /* NULL: nobody; "" where not known */
    const char *command;     /* of a process: its command line; NULL */
    int64_t tid;
    size_t frame_count;
};

/* A loop as a summary has it. */
struct sw_record_loop {
    const char *thread, *wait;
    int64_t tid;
    uint64_t iterations, busy_ns, wait_ns, p50_ns, p99_ns, max_ns;
};

struct sw_record {
    void *document; /* read_records.c's */
    enum sw_record_type type;
    const char *time, *host, *exe, *comm; /* "" where not known */
    int64_t time_ms;                      /* `time` since 1970; SW_RECORD_NO_TIME: "" */
    int64_t pid;

    /* Of a stall. A pool's signature is made of its program and its name. */
    uint64_t id;
    enum sw_record_state state;
    uint64_t duration_ns, threshold_ns;
    bool counted, startup;
    int64_t tid, loop_id;
    const char *thread, *wait;
    bool main_thread;
    enum sw_cause cause;
    struct sw_record_call call; /* name NULL: none held it */
    uint64_t cpu_ns, runqueue_ns, blocked_ns;
    uint64_t signature;
    const char *label, *hint, *suppressed; /* NULL: null */
    struct sw_record_holder holder;
    size_t stack_count;

    /* Of a pool; its duration, state and stacks are where a stall's are. */
    const char *pool; /* its name */
    uint64_t pool_threads;

    /* Of a summary. */
    uint64_t uptime_ns, total, counted_total, suppressed_total, lines_lost;
    uint64_t iterations, busy_ns, longest_ns; /* of all its loops */
    size_t loop_count;
};

/* Why a line is none. */
enum sw_record_problem {
    SW_RECORD_OK,
    SW_RECORD_BINARY,  /* control bytes, or not UTF-8 */
    SW_RECORD_CUT,     /* no whole JSON */
    SW_RECORD_DEEP,    /* nested deeper than any record is */
    SW_RECORD_LATER,   /* "v" is greater than what this version reads */
    SW_RECORD_FOREIGN, /* JSON, but no record */
    SW_RECORD_LONG,    /* never made here: the line was too long to be read */
    SW_RECORD_PROBLEMS
};

/* Reads `length` bytes. The record is to be released where SW_RECORD_OK is returned. */
enum sw_record_problem sw_record_read(const char *line, size_t length, struct sw_record *record);
void sw_record_release(struct sw_record *record);
/* The samples of stack `index`, and how many frames it has (at most SW_RECORD_FRAMES are given). */
#define SW_RECORD_FRAMES 256
unsigned sw_record_stack(const struct sw_record *record, size_t index, size_t *frames);
/* Frame `index` of a stack, innermost first. */
void sw_record_frame(const struct sw_record *record, size_t stack, size_t index,
                     struct sw_record_frame *frame);
/* Frame `index` of the holder's stack. */
void sw_record_holder_frame(const struct sw_record *record, size_t index,
                            struct sw_record_frame *frame);
/* The calls that a stall lists, the longest first. Returns how many of `most` there are. */
#define SW_RECORD_CALLS 5
unsigned sw_record_calls(const struct sw_record *record, struct sw_record_call *calls,
                         unsigned most);
/* What the cause of a stall rests on. Returns how many of `most` there are. */
#define SW_RECORD_FIGURES 16
unsigned sw_record_figures(const struct sw_record *record, struct sw_record_figure *figures,
                           unsigned most);
/* Loop `index` of a summary. */
void sw_record_loop(const struct sw_record *record, size_t index, struct sw_record_loop *loop);

#endif
