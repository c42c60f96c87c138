/*
 * `stallwatch completions SHELL`: what lets bash, zsh or fish complete the command's words, made of
 * the tables that the command itself reads. `make` writes the three into files to be installed.
 */
#include "command/completions.h"

#include <stdio.h>
#include <string.h>

#include "command/complain.h"

static const struct sw_option table[] = {{"help", NULL, "print this and exit", NULL}};
#define TABLE (sizeof table / sizeof table[0])

static const char usage[] = "Usage: stallwatch completions bash|zsh|fish\n"
                            "Prints what lets the shell complete the command's words. For this\n"
                            "shell alone, in bash:  eval \"$(stallwatch completions bash)\"\n";

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {
    {"bash", sw_completions_bash},
    {"zsh", sw_completions_zsh},
    {"fish", sw_completions_fish},
};

const struct sw_option *sw_completions_option_table(unsigned *count)
{
    *count = TABLE;
    return table;
}

int sw_completions_main(char **arguments)
{
    struct sw_options options = {table, TABLE, arguments, false, false};
    const char *shell = NULL, *value;
    enum sw_options_kind kind;
    unsigned index, given = 0;
    while ((kind = sw_options_next(&options, &index, &value)) != SW_OPTIONS_END) {
        if (kind == SW_OPTIONS_BAD)
            return SW_EXIT_USAGE;
        if (kind == SW_OPTIONS_OPTION)
            return sw_options_help(usage, table, TABLE, NULL);
        shell = value;
        given++;
    }
    for (unsigned i = 0; given == 1 && i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].print();
            return sw_flush_output();
        }
    }
    return sw_complain_usage("expected the name of one shell: bash, zsh or fish");
}
