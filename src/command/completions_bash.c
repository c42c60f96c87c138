/* The completions of bash. See completions.h; a test types into a bash that has read them. */
#include <stdio.h>
#include <string.h>

#include "command/completions.h"
#include "command/subcommands.h"

/* Where the word that is being completed is a value: "cur" is what there is of it, "prev" its
 * option. Bash takes "--name=value" for three words. */
static const char head[] = "# stallwatch(1) in bash, printed by `stallwatch completions bash`.\n"
                           "_stallwatch() {\n"
                           "    local cur=${COMP_WORDS[COMP_CWORD]} "
                           "prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} at=2 words=\n"
                           "    COMPREPLY=()\n"
                           "    if [[ $cur == = ]]; then\n"
                           "        cur=\n"
                           "    elif [[ $prev == = ]]; then\n"
                           "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                           "    fi\n"
                           "    if ((COMP_CWORD == 1)); then\n"
                           "        words='";
/* run's own options end where the command begins. */
static const char search[] = "    while ((at < COMP_CWORD)) && [[ $command == run ]]; do\n"
                             "        case ${COMP_WORDS[at]} in\n"
                             "        --) ((at++)); break ;;\n"
                             "        ";
static const char search_end[] =
    ") ((at += 2)); [[ ${COMP_WORDS[at-1]} != = ]] || ((at++)) ;;\n"
    "        -*) ((at++)); [[ ${COMP_WORDS[at]} != = ]] || ((at += 2)) ;;\n"
    "        *) return ;;\n"
    "        esac\n"
    "    done\n";
static const char tail[] =
    "    if [[ $command == run && $cur != -* ]] && ((at == COMP_CWORD)); then\n"
    "        COMPREPLY=($(compgen -c -- \"$cur\"))\n"
    "        return\n"
    "    fi\n"
    "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
    "}\n"
    "complete -o bashdefault -o default -F _stallwatch stallwatch\n";

static bool may_be_left_out(const struct sw_option *option)
{
    return option->argument != NULL && option->argument[0] == '[';
}

/* A comma-separated list as one of blanks. */
static void print_words(const char *words)
{
    for (; *words != '\0'; words++)
        putchar(*words == ',' ? ' ' : *words);
}

static void print_values(const struct sw_subcommand *command)
{
    unsigned count;
    const struct sw_option *options = command->options(&count);
    for (unsigned i = 0; i < count; i++) {
        const char *argument = options[i].argument;
        if (argument == NULL || may_be_left_out(&options[i]))
            continue;
        printf("    '%s --%s') ", command->name, options[i].name);
        if (strcmp(argument, "PID") == 0) {
            fputs("COMPREPLY=($(cd /proc && compgen -G \"$cur[0-9]*\")); return ;;\n", stdout);
        } else if (strcmp(argument, "FILE") == 0) {
            puts("return ;;");
        } else if (options[i].words == NULL) {
            puts("compopt +o default +o bashdefault; return ;;");
        } else {
            fputs("COMPREPLY=($(compgen -W '", stdout);
            print_words(options[i].words);
            fputs("' -- \"$cur\")); return ;;\n", stdout);
        }
    }
}

static void print_options(const struct sw_subcommand *command)
{
    unsigned count;
    const struct sw_option *options = command->options(&count);
    printf("    %s) ", command->name);
    if (command->operands == SW_OPERANDS_SHELL) {
        puts("words='bash zsh fish --help' ;;");
        return;
    }
    if (command->operands == SW_OPERANDS_PROGRAM)
        fputs("[[ $cur == -* ]] || { COMPREPLY=($(compgen -c -- \"$cur\")); return; }; ", stdout);
    fputs("[[ $cur != -* ]] || words='", stdout);
    for (unsigned i = 0; i < count; i++)
        printf("%s--%s", i == 0 ? "" : " ", options[i].name);
    puts("' ;;");
}

void sw_completions_bash(void)
{
    const struct sw_subcommand *each;
    const char *between = "";
    unsigned count;
    fputs(head, stdout);
    for (each = sw_subcommands; each->name != NULL; each++)
        printf("%s ", each->name);
    puts("--help --version'\n    fi");
    fputs(search, stdout);
    const struct sw_option *options = sw_subcommands[0].options(&count);
    for (unsigned i = 0; i < count; i++) {
        if (options[i].argument == NULL || may_be_left_out(&options[i]))
            continue;
        printf("%s--%s", between, options[i].name);
        between = "|";
    }
    fputs(search_end, stdout);
    puts("    case \"$command $prev\" in");
    for (each = sw_subcommands; each->name != NULL; each++)
        print_values(each);
    puts("    esac\n    ((COMP_CWORD == 1)) || case $command in");
    for (each = sw_subcommands; each->name != NULL; each++)
        print_options(each);
    puts("    esac");
    fputs(tail, stdout);
}
