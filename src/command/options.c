/* See options.h. Called by the subcommands. */
#include "command/options.h"

#include <stdio.h>
#include <string.h>

#include "command/complain.h"
#include "common/nearest.h"

#define COLUMNS 79
#define INDENT  26

static bool may_be_left_out(const struct sw_option *option)
{
    return option->argument != NULL && option->argument[0] == '[';
}

/* The option that was most likely meant; NULL where none is near. */
static const char *nearest(const struct sw_options *options, const char *name, size_t length)
{
    const char *best = NULL;
    unsigned least = length < 6 ? 2 : 3; /* farther is a guess */
    for (unsigned i = 0; i < options->count; i++) {
        const char *known = options->table[i].name;
        size_t known_length = strlen(known);
        bool begun = length >= 3 && length < known_length && memcmp(known, name, length) == 0;
        unsigned far = begun ? 0 : sw_nearest_distance(name, length, known, known_length);
        if (far <= least && (best == NULL || far < least)) {
            least = far;
            best = known;
        }
    }
    return best;
}

static enum sw_options_kind unknown(const struct sw_options *options, const char *argument)
{
    char shown[80];
    size_t length = argument[1] == '-' ? strcspn(argument + 2, "=") : 0;
    const char *meant = length > 0 ? nearest(options, argument + 2, length) : NULL;
    snprintf(shown, sizeof shown, "%.*s", length > 0 ? (int)(length < 60 ? length + 2 : 62) : 60,
             argument);
    if (meant != NULL)
        sw_complain("unknown option %s; did you mean --%s? (--help lists all)", shown, meant);
    else
        sw_complain("unknown option %s (--help lists all)", shown);
    return SW_OPTIONS_BAD;
}

static enum sw_options_kind take_value(struct sw_options *options, unsigned index,
                                       const char *equals, const char **value)
{
    const struct sw_option *option = &options->table[index];
    const char *next = *options->arguments;
    *value = equals != NULL ? equals + 1 : NULL;
    if (option->argument == NULL && equals != NULL) {
        sw_complain("--%s takes no value", option->name);
        return SW_OPTIONS_BAD;
    }
    if (option->argument == NULL || equals != NULL)
        return SW_OPTIONS_OPTION;
    if (may_be_left_out(option)) {
        bool given = next != NULL && (strcmp(next, "0") == 0 || strcmp(next, "1") == 0);
        *value = given ? next : "1";
        options->arguments += given;
        return SW_OPTIONS_OPTION;
    }
    if (next == NULL) {
        sw_complain("--%s needs a value: %s", option->name, option->argument);
        return SW_OPTIONS_BAD;
    }
    *value = next;
    options->arguments++;
    return SW_OPTIONS_OPTION;
}

enum sw_options_kind sw_options_next(struct sw_options *options, unsigned *index,
                                     const char **value)
{
    const char *argument = *options->arguments;
    if (argument == NULL)
        return SW_OPTIONS_END;
    if (!options->only && strcmp(argument, "--") == 0) {
        options->only = true;
        options->arguments++;
        return sw_options_next(options, index, value);
    }
    if (options->only || argument[0] != '-' || argument[1] == '\0') {
        options->only = options->only || options->in_order;
        options->arguments++;
        *value = argument;
        return SW_OPTIONS_OPERAND;
    }
    if (strcmp(argument, "-h") == 0)
        argument = "--help";
    if (argument[1] != '-')
        return unknown(options, argument);
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    for (unsigned i = 0; i < options->count; i++) {
        if (strlen(options->table[i].name) == length &&
            memcmp(options->table[i].name, name, length) == 0) {
            options->arguments++;
            *index = i;
            return take_value(options, i, equals, value);
        }
    }
    return unknown(options, argument);
}

/* Words from column INDENT on. */
static void print_wrapped(const char *words)
{
    int column = INDENT;
    while (*words != '\0') {
        int length = (int)strcspn(words, " ");
        if (column > INDENT && column + 1 + length > COLUMNS) {
            printf("\n%*s", INDENT, "");
            column = INDENT;
        } else if (column > INDENT) {
            putchar(' ');
            column++;
        }
        printf("%.*s", length, words);
        column += length;
        words += length;
        words += strspn(words, " ");
    }
    putchar('\n');
}

int sw_options_help(const char *usage, const struct sw_option *table, unsigned count,
                    const char *more)
{
    fputs(usage, stdout);
    puts("\nOptions:");
    for (unsigned i = 0; i < count; i++) {
        const char *between = table[i].argument == NULL ? "" : " ";
        const char *argument = table[i].argument == NULL ? "" : table[i].argument;
        int width = printf("  --%s%s%s", table[i].name, between, argument);
        if (width > INDENT - 2)
            printf("\n%*s", INDENT, "");
        else
            printf("%*s", INDENT - width, "");
        print_wrapped(table[i].meaning);
    }
    if (more != NULL)
        printf("\n%s", more);
    return sw_flush_output();
}
