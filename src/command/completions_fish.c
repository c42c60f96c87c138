/* The completions of fish. See completions.h; a test asks a fish for what it would propose. */
#include <stdio.h>
#include <string.h>

#include "command/completions.h"
#include "command/subcommands.h"

static void print_quoted(const char *words, bool list)
{
    putchar('\'');
    for (; *words != '\0'; words++) {
        if (*words == '\'' || *words == '\\')
            putchar('\\');
        putchar(list && *words == ',' ? ' ' : *words);
    }
    putchar('\'');
}

static void print_option(const char *command, const struct sw_option *option)
{
    const char *argument = option->argument;
    printf("complete -c stallwatch -n '__fish_seen_subcommand_from %s' -l %s", command,
           option->name);
    if (argument != NULL && strcmp(argument, "FILE") == 0)
        fputs(" -r -F", stdout);
    else if (argument != NULL && strcmp(argument, "PID") == 0)
        fputs(" -x -a '(__fish_complete_pids)'", stdout);
    else if (argument != NULL && argument[0] != '[')
        fputs(" -x", stdout);
    if (argument != NULL && option->words != NULL && argument[0] != '[') {
        fputs(" -a ", stdout);
        print_quoted(option->words, true);
    }
    fputs(" -d ", stdout);
    print_quoted(option->meaning, false);
    putchar('\n');
}

void sw_completions_fish(void)
{
    static const char *const operands[] = {
        [SW_OPERANDS_COMMAND] = "-x -a '(__fish_complete_subcommand --fcs-skip=2)'",
        [SW_OPERANDS_FILES] = "-F",
        [SW_OPERANDS_PROGRAM] = "-F -a '(__fish_complete_command)'",
        [SW_OPERANDS_SHELL] = "-x -a 'bash zsh fish'",
    };
    const struct sw_subcommand *each;
    puts("# stallwatch(1) in fish, printed by `stallwatch completions fish`.\n"
         "complete -c stallwatch -f\n"
         "complete -c stallwatch -n __fish_use_subcommand -l help -d 'print the subcommands'\n"
         "complete -c stallwatch -n __fish_use_subcommand -l version -d 'print the version'");
    for (each = sw_subcommands; each->name != NULL; each++) {
        unsigned count;
        const struct sw_option *options = each->options(&count);
        printf("\ncomplete -c stallwatch -n __fish_use_subcommand -a %s -d ", each->name);
        print_quoted(each->meaning, false);
        printf("\ncomplete -c stallwatch -n '__fish_seen_subcommand_from %s' %s\n", each->name,
               operands[each->operands]);
        for (unsigned i = 0; i < count; i++)
            print_option(each->name, &options[i]);
    }
}
