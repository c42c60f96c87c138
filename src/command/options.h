/*
 * The command line by a table: each subcommand has one, from which its parser and its --help are
 * made. --name VALUE and --name=VALUE; "--" ends the options; -h is --help.
 */
#ifndef SW_COMMAND_OPTIONS_H
#define SW_COMMAND_OPTIONS_H

#include <stdbool.h>

struct sw_option {
    const char *name;     /* without "--" */
    const char *argument; /* "FILE"; NULL: takes none; "[0|1]": may be left out, then "1" */
    const char *meaning;
    const char *words; /* "json,html": what its value may be, for completions; NULL: none known */
};

struct sw_options {
    const struct sw_option *table;
    unsigned count;
    char **arguments; /* what is left to be read, NULL at its end */
    bool only;        /* "--" has been read */
    bool in_order;    /* the first that is no option ends the options, as in env(1) */
};

enum sw_options_kind {
    SW_OPTIONS_END,
    SW_OPTIONS_OPTION,  /* `*index` into the table, `*value` */
    SW_OPTIONS_OPERAND, /* `*value` */
    SW_OPTIONS_BAD      /* has been said */
};

enum sw_options_kind sw_options_next(struct sw_options *options, unsigned *index,
                                     const char **value);
/* Prints `usage` (whole lines), the table, and `more` (whole lines; may be NULL) to standard
 * output. Returns the exit code. */
int sw_options_help(const char *usage, const struct sw_option *table, unsigned count,
                    const char *more);

#endif
