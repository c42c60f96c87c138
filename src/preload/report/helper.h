/*
 * stallwatch-symbolize as seen from the watched program: started with the first stall, asked for
 * lines, and left behind as the one who writes what was due if the program dies without a farewell.
 *
 * It is a grandchild: an intermediate task (clone with CLONE_VM, exit signal 0) spawns and reaps
 * it, so that the program's wait(-1) never sees either, and no SIGCHLD comes. Watchdog thread only.
 */
#ifndef SW_REPORT_HELPER_H
#define SW_REPORT_HELPER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

struct sw_helper_line {
    const char *function; /* demangled; NULL: not known */
    const char *file;     /* as the compiler knows it, made absolute with its directory; NULL */
    uint32_t line;        /* 0: not known */
};
struct sw_helper_question {
    const char *path;     /* the module's file */
    const char *build_id; /* hex or "": lines are given only if the file still has it */
    const char *symbol;   /* as linked, to be demangled where DWARF says nothing; or NULL */
    uint64_t address; /* the file's own address (bias taken off), the call's, not the one it returns
                         to */
};
struct sw_helper_answer {
    unsigned count; /* inlined functions innermost first, the real one last; 0: nothing known */
    struct sw_helper_line *lines;
};

/* `path` of the program to run, NULL or "none": no helper. Starts nothing yet. */
void sw_helper_configure(const char *path);
/* Starts it if it has not been. 0; -ENOENT: there is none (any more). sw_helper_ask does it by
 * itself. */
int sw_helper_start(void);

/* A conversation: questions on their way, answers as they come. One at a time: beginning one ends
 * the one before. */
struct sw_helper_talk {
    const struct sw_helper_question *questions;
    struct sw_helper_answer *answers; /* as many as questions; count 0: not answered (yet) */
    struct sw_arena *arena;           /* the answers' lines come from it */
    unsigned count, sent, done;
    uint64_t deadline_ns; /* CLOCK_MONOTONIC */
};

/* Starts the helper if it has not been, and the conversation, of which the first four are set. 0;
 * -ENOENT: there is no helper, the reason to be had from sw_helper_problem. */
int sw_helper_begin(struct sw_helper_talk *talk, unsigned timeout_ms);
/* Sends and takes what can be had without waiting. 1: it goes on; 0: it is over, all answered or
 * the time up, and what has not been answered is dropped when it comes; -ENOENT: over, the helper
 * is gone. */
int sw_helper_step(struct sw_helper_talk *talk);
/* What to wait for before the next step. */
struct pollfd sw_helper_waits_for(const struct sw_helper_talk *talk);
/* A whole conversation; waits for it, `timeout_ms` at most. Returns as sw_helper_begin and
 * sw_helper_step do. */
int sw_helper_ask(const struct sw_helper_question *questions, unsigned count,
                  struct sw_helper_answer *answers, struct sw_arena *arena, unsigned timeout_ms);
/* NULL, or why there is no helper (once: the second call gives NULL). */
const char *sw_helper_problem(void);

/* What is to be written if the program dies without a farewell: text for the log, lines for the
 * JSON. Copied into memory that the helper shares; replaces what was there. Nothing happens where
 * no helper runs. */
void sw_helper_due(const char *text, size_t text_length, const char *json, size_t json_length);
/* Where to: paths as opened by the sink ("" for none; one that is not absolute is taken from the
 * program's directory at this call); `text_fd`, a descriptor of the log's when it is stderr (else
 * -1), is passed over to the helper, which keeps it until sw_helper_drop_text. Where no helper runs
 * yet the paths are kept for it, the descriptor is not: call again after sw_helper_start. */
void sw_helper_outputs(const char *text_path, const char *json_path, int text_fd);
void sw_helper_drop_text(void);
/* The program ends in good order: nothing is due any more; the helper ends by itself (waited for 50
 * ms at most, usually one, so that no orphan is left to whoever collects them). */
void sw_helper_farewell(void);
/* In a forked child: forget the parent's helper and its outputs (its socket is not ours). Loop
 * thread; plain stores. */
void sw_helper_forget(void);

#endif
