/* The files that a run's settings name, looked at before COMMAND starts. */
#ifndef SW_COMMAND_RUN_PATHS_H
#define SW_COMMAND_RUN_PATHS_H

/* What is to be read can be read, and what is to be written could be, as far as that can be seen
 * now. 0, or the exit code, said. Reads the environment, in which the settings are for the
 * processes. */
int sw_run_paths_check(void);

#endif
