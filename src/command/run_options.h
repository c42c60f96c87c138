/* The options of `stallwatch run`: the table of settings, and what is the command's own. */
#ifndef SW_COMMAND_RUN_OPTIONS_H
#define SW_COMMAND_RUN_OPTIONS_H

#include "command/options.h"
#include "command/strings.h"
#include "common/settings.h"

struct sw_run_options {
    struct sw_settings settings;        /* of the environment and the options together */
    char storage[16384];                /* of values from the environment */
    bool summary_given, annotate_given; /* by an option or in the environment */
    bool has_baseline;
    struct sw_table baseline;
    char **command; /* NULL-terminated, at least one word */
};

/* The table, as --help has it. */
const struct sw_option *sw_run_option_table(unsigned *number);
/* Reads the environment and the arguments, and puts what the processes are to be told into the
 * environment. -1: go on; else the exit code. */
int sw_run_options_read(struct sw_run_options *options, char **arguments);

#endif
