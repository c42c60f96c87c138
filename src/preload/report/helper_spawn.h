/*
 * Starts stallwatch-symbolize as a grandchild that the program cannot see.
 *
 * Watchdog thread only; for report/helper.c.
 */
#ifndef SW_REPORT_HELPER_SPAWN_H
#define SW_REPORT_HELPER_SPAWN_H

struct sw_helper_spawn {
    const char *path;          /* of the program to run */
    char *const *environment;  /* NULL-terminated */
    int socket, memory, pidfd; /* become 3, 4 and 5 in the helper; pidfd -1: none */
    int parent;                /* the program's pid */
    int task;                  /* the intermediate task; 0: none, or reaped */
    int error;                 /* a positive errno where the helper could not be run. Atomic */
    char *stacks;              /* of the task and of the helper before it executes */
};

/* Clones the intermediate task, which spawns the helper and waits for it. `spawn`, and what it
 * points to, must stay until sw_helper_reap has reaped. 0 or a negative errno; what becomes of the
 * helper shows later: in `error`, or by its socket. */
int sw_helper_spawn(struct sw_helper_spawn *spawn);
/* Reaps the intermediate task if it has ended, and gives its stacks back. True where there is none
 * (any more). */
int sw_helper_reap(struct sw_helper_spawn *spawn);

#endif
