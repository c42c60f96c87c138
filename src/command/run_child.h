/* The command of a run: started, given the signals that run gets, and waited for. */
#ifndef SW_COMMAND_RUN_CHILD_H
#define SW_COMMAND_RUN_CHILD_H

struct sw_run_end {
    int error; /* errno where it could not be executed; 0 */
    int code;  /* what a shell would have: exit code, 128 + signal, 126, 127 */
};

/* Returns when it has ended. -errno where no process could be made. */
int sw_run_child(char **command, struct sw_run_end *end);

#endif
