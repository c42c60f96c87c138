/* `stallwatch completions`. */
#ifndef SW_COMMAND_COMPLETIONS_H
#define SW_COMMAND_COMPLETIONS_H

#include "command/options.h"

/* `arguments`: behind "completions", NULL at the end. Returns the exit code. */
int sw_completions_main(char **arguments);
/* Its options, as its --help has them. */
const struct sw_option *sw_completions_option_table(unsigned *count);

/* For completions.c: prints the script for a shell to standard output. */
void sw_completions_bash(void);
void sw_completions_zsh(void);
void sw_completions_fish(void);

#endif
