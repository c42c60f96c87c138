/* The completions of zsh, by its function _arguments. See completions.h; a test types into a zsh
 * that has them. */
#include <stdio.h>
#include <string.h>

#include "command/completions.h"
#include "command/subcommands.h"

/* Within the brackets of a specification that is within single quotes. */
static void print_meaning(const char *meaning)
{
    for (; *meaning != '\0'; meaning++) {
        if (*meaning == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]\\:", *meaning) != NULL)
            printf("\\%c", *meaning);
        else
            putchar(*meaning);
    }
}

static void print_option(const struct sw_option *option)
{
    const char *argument = option->argument;
    bool again = strstr(option->meaning, "may be repeated") != NULL;
    bool optional = argument != NULL && argument[0] == '[';
    printf(" \\\n            '%s--%s%s[", again ? "*" : "", option->name,
           argument == NULL ? ""
           : optional       ? "=-"
                            : "=");
    print_meaning(option->meaning);
    putchar(']');
    if (optional) {
        fputs("::switch:(0 1)", stdout);
    } else if (argument != NULL && strcmp(argument, "FILE") == 0) {
        fputs(":file:_files", stdout);
    } else if (argument != NULL && strcmp(argument, "PID") == 0) {
        fputs(":process:_pids", stdout);
    } else if (argument != NULL) {
        printf(":%s:", argument);
        if (option->words != NULL) {
            putchar('(');
            for (const char *at = option->words; *at != '\0'; at++)
                putchar(*at == ',' ? ' ' : *at);
            putchar(')');
        }
    }
    putchar('\'');
}

void sw_completions_zsh(void)
{
    static const char *const operands[] = {
        [SW_OPERANDS_COMMAND] = "'(-)1:command: _command_names -e' '*::arguments:_normal'",
        [SW_OPERANDS_FILES] = "'*:log:_files'",
        [SW_OPERANDS_PROGRAM] = "'1:program:{_command_names -e || _files}'",
        [SW_OPERANDS_SHELL] = "'1:shell:(bash zsh fish)'",
    };
    const struct sw_subcommand *each;
    puts("#compdef stallwatch\n"
         "# stallwatch(1) in zsh, printed by `stallwatch completions zsh`.\n"
         "_stallwatch() {\n"
         "    local -a subcommands\n"
         "    local command=$words[2]\n"
         "    if (( CURRENT == 2 )); then\n"
         "        subcommands=(");
    for (each = sw_subcommands; each->name != NULL; each++) {
        printf("            '%s:", each->name);
        print_meaning(each->meaning);
        puts("'");
    }
    puts("        )\n"
         "        _describe command subcommands\n"
         "        _arguments '--help[print the subcommands]' '--version[print the version]'\n"
         "        return\n"
         "    fi\n"
         "    shift words\n"
         "    (( CURRENT-- ))\n"
         "    case $command in");
    for (each = sw_subcommands; each->name != NULL; each++) {
        unsigned count;
        const struct sw_option *options = each->options(&count);
        printf("    %s)\n        _arguments -S", each->name);
        for (unsigned i = 0; i < count; i++)
            print_option(&options[i]);
        printf(" \\\n            %s ;;\n", operands[each->operands]);
    }
    puts("    esac\n"
         "}\n"
         "if [[ $funcstack[1] == _stallwatch ]]; then\n"
         "    _stallwatch \"$@\"\n" /* loaded by its name, as compinit does */
         "else\n"
         "    compdef _stallwatch stallwatch\n"
         "fi");
}
