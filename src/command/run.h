/* `stallwatch run`. */
#ifndef SW_COMMAND_RUN_H
#define SW_COMMAND_RUN_H

/* `arguments`: behind "run", NULL at the end. Returns the exit code. */
int sw_run_main(char **arguments);

#endif
