/* What `stallwatch` can be told to do: for main.c, and for the completions of shells. */
#ifndef SW_COMMAND_SUBCOMMANDS_H
#define SW_COMMAND_SUBCOMMANDS_H

#include "command/options.h"

/* What stands behind the options. */
enum sw_operands {
    SW_OPERANDS_COMMAND, /* a command and its arguments */
    SW_OPERANDS_FILES,
    SW_OPERANDS_PROGRAM, /* one, by its path or its name */
    SW_OPERANDS_SHELL    /* the name of one */
};

struct sw_subcommand {
    const char *name;
    int (*run)(char **arguments); /* what is behind the name, NULL at the end; the exit code */
    const char *synopsis;         /* "[OPTION]... FILE" */
    const char *meaning;
    const struct sw_option *(*options)(unsigned *count);
    enum sw_operands operands;
};

/* The last has no name. */
extern const struct sw_subcommand sw_subcommands[];

#endif
