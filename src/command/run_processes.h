/*
 * Which processes of a run have had their last word. One that a signal killed has it written by the
 * library's helper, a moment after its end; and some still run when the run is over (daemons).
 */
#ifndef SW_COMMAND_RUN_PROCESSES_H
#define SW_COMMAND_RUN_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "command/strings.h"

struct sw_run_process {
    int64_t pid;
    bool summed_up; /* its summary is there */
};

struct sw_run_processes {
    struct sw_run_process *list;
    unsigned count, room;
    struct sw_table offsets; /* how far each file has been read */
    unsigned running;        /* without a summary, and alive */
    uint64_t waited_ms;
};

/* No process is known yet. What it allocates is given back by sw_run_processes_end. */
void sw_run_processes_start(struct sw_run_processes *processes);
/* Notes the processes and summaries in `path`, from byte `from` on or from where it was last read
 * to. */
void sw_run_processes_read(struct sw_run_processes *processes, const char *path, uint64_t from);
/* Waits a moment and returns true where it is worth while to read again. */
bool sw_run_processes_wait(struct sw_run_processes *processes);
void sw_run_processes_end(struct sw_run_processes *processes);

#endif
