/*
 * The JSON lines of a run: the user's own files (STALLWATCH_JSON, with % codes), or one file for
 * the whole tree in a private folder, removed at the end.
 */
#ifndef SW_COMMAND_RUN_LOG_H
#define SW_COMMAND_RUN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "command/load.h"

struct sw_run_file {
    char *path;
    uint64_t size; /* when the run began */
};

struct sw_run_log {
    char pattern[8192]; /* what the processes are told */
    char folder[4096];  /* "": the user's files */
    struct sw_run_file *files;
    unsigned file_count;
    unsigned running; /* processes that still ran at the end */
};

/* `pattern` NULL: a private one. 0, or the exit code (has been said). */
int sw_run_log_start(struct sw_run_log *log, const char *pattern);
/* Waits, for a short while, for what is still being written of processes that have ended. */
void sw_run_log_settle(struct sw_run_log *log);
/* All that was written since the start, into the load's merge. */
void sw_run_log_load(struct sw_run_log *log, struct sw_load *load);
void sw_run_log_remove(struct sw_run_log *log);

#endif
