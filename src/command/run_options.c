/*
 * See run_options.h. Called by run.c.
 *
 * A relative path is made absolute here: the processes may change their directory before they open
 * it.
 */
#include "command/run_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/load.h"
#include "command/options.h"

#define PREFIX     "STALLWATCH_"
#define ROWS_MOST  64
#define NAME_MOST  40
#define VALUE_MOST 8192

enum { BASELINE, HELP, OWN }; /* then the settings, in their order */

static const char usage[] =
    "Usage: stallwatch run [OPTION]... [--] COMMAND [ARG]...\n"
    "Runs COMMAND with the event loops of all its processes watched. Each option but\n"
    "--baseline is a setting that the environment may have too: --threshold-ms is\n"
    "STALLWATCH_THRESHOLD_MS, and so on; the option wins.\n";
static const char more[] =
    "Exit status: that of COMMAND; 128+N where signal N ended it; that of --exitcode\n"
    "where a stall counted in any process of the run; 126 and 127 where COMMAND\n"
    "could not be run or found; 2 for an option that cannot be used.\n";

static struct sw_option table[ROWS_MOST] = {
    {"baseline", "FILE",
     "JSON lines of an earlier run: stalls whose signature is in it do not count; may be repeated",
     NULL},
    {"help", NULL, "print this and exit", NULL},
};
static unsigned count = OWN;
static char names[ROWS_MOST][NAME_MOST];
static const char *settings_of[ROWS_MOST];

static const char *argument_for(const struct sw_setting_info *info)
{
    if (strcmp(info->expected, "0 or 1") == 0)
        return "[0|1]";
    if (strstr(info->expected, "number") != NULL && strstr(info->expected, "auto") == NULL)
        return "N";
    return strstr(info->expected, "path") != NULL ? "FILE" : "VALUE";
}

static void build_table(void)
{
    struct sw_setting_info info;
    for (unsigned i = 0; sw_settings_info(i, &info) && count < ROWS_MOST; i++) {
        if (strcmp(info.name, "HELP") == 0)
            continue; /* --help is the command's own */
        char *name = names[count];
        for (size_t j = 0; info.name[j] != '\0' && j + 1 < NAME_MOST; j++)
            name[j] = info.name[j] == '_'                          ? '-'
                      : info.name[j] >= 'A' && info.name[j] <= 'Z' ? (char)(info.name[j] + 32)
                                                                   : info.name[j];
        settings_of[count] = info.name;
        table[count].name = name;
        table[count].argument = argument_for(&info);
        table[count].words = info.words[0] != '\0' ? info.words : NULL;
        table[count].meaning = strcmp(info.name, "EXITCODE") == 0
                                   ? "exit with N where a stall counted in any process of the run"
                                   : info.meaning;
        count++;
    }
}

const struct sw_option *sw_run_option_table(unsigned *number)
{
    if (count == OWN)
        build_table();
    *number = count;
    return table;
}

static int refuse_problems(struct sw_settings *settings)
{
    size_t length = strcspn(settings->problem_text, "\n");
    sw_complain_line(settings->problem_text, length);
    return SW_EXIT_USAGE;
}

/* The process would say "using …": here it is not used at all. */
static int refuse_environment(struct sw_settings *settings)
{
    char *end = strstr(settings->problem_text, "; using ");
    size_t length = strcspn(settings->problem_text, "\n");
    if (end != NULL && end < settings->problem_text + length)
        length = (size_t)(end - settings->problem_text);
    sw_complain_line(settings->problem_text, length);
    return SW_EXIT_USAGE;
}

static bool is_word(const char *name, const char *value)
{
    if (value[0] == '\0' || strcmp(value, "none") == 0)
        return true;
    return (strcmp(name, "LOG") == 0 && strcmp(value, "stderr") == 0) ||
           (strcmp(name, "HELPER") == 0 && strcmp(value, "auto") == 0);
}

/* Appends `path`, absolute; a '%' in the directory's name is none of the pattern's codes. */
static bool append_absolute(struct sw_text *text, const char *path, size_t length, bool pattern)
{
    char here[4096];
    if (path[0] != '/') {
        if (getcwd(here, sizeof here) == NULL)
            return false;
        for (const char *at = here; *at != '\0'; at++) {
            sw_text_char(text, *at);
            if (*at == '%' && pattern)
                sw_text_char(text, '%');
        }
        sw_text_char(text, '/');
    }
    sw_text_bytes(text, path, length);
    return !text->truncated;
}

static int make_absolute(const char *name, const char *value, char buffer[VALUE_MOST])
{
    static const char *const patterns[] = {"LOG", "JSON", "METRICS"};
    struct sw_text text;
    bool pattern = false, list = strcmp(name, "SUPPRESSIONS") == 0 || strcmp(name, "PARKS") == 0;
    for (unsigned i = 0; i < 3; i++)
        pattern = pattern || strcmp(name, patterns[i]) == 0;
    sw_text_init(&text, buffer, VALUE_MOST);
    if (is_word(name, value) || (!pattern && !list && strcmp(name, "HELPER") != 0)) {
        sw_text_string(&text, value);
        return text.truncated ? -ENAMETOOLONG : 0;
    }
    for (;;) {
        size_t length = list ? strcspn(value, ":") : strlen(value);
        if (length > 0 && !append_absolute(&text, value, length, pattern))
            return -ENAMETOOLONG;
        value += length;
        if (*value == '\0')
            return 0;
        sw_text_char(&text, *value++);
    }
}

/* Tells the processes: variable `name` is `value`. */
static int tell(const char *name, const char *value)
{
    static char buffer[VALUE_MOST];
    char variable[NAME_MOST + sizeof PREFIX];
    snprintf(variable, sizeof variable, PREFIX "%s", name);
    if (make_absolute(name, value, buffer) != 0)
        return sw_complain_usage("%s=%s is too long", variable, value);
    sw_need_memory(setenv(variable, buffer, 1) == 0 ? variable : NULL);
    return 0;
}

static int take_setting(struct sw_run_options *options, unsigned index, const char *value)
{
    char shown[NAME_MOST + 4];
    snprintf(shown, sizeof shown, "--%s", table[index].name);
    options->settings.problems.length = 0;
    sw_text_reset(&options->settings.problems);
    if (sw_settings_set(&options->settings, settings_of[index], value, shown) != 0)
        return refuse_problems(&options->settings);
    if (strcmp(settings_of[index], "SUMMARY") == 0)
        options->summary_given = true;
    if (strcmp(settings_of[index], "ANNOTATE") == 0)
        options->annotate_given = true;
    return tell(settings_of[index], value);
}

static int take_option(struct sw_run_options *options, unsigned index, const char *value)
{
    if (index != BASELINE)
        return take_setting(options, index, value);
    int error = sw_load_baseline(value, &options->baseline);
    options->has_baseline = true;
    if (error != 0)
        return sw_complain_usage("cannot read the baseline %s: %s", value,
                                 error == -EBADMSG ? "it has no record of stallwatch"
                                                   : strerror(-error));
    return 0;
}

static int read_environment(struct sw_run_options *options)
{
    struct sw_setting_info info;
    char variable[NAME_MOST + sizeof PREFIX];
    sw_settings_default(&options->settings);
    if (sw_settings_parse(&options->settings, environ, options->storage, sizeof options->storage) !=
        0)
        return refuse_environment(&options->settings);
    options->summary_given = getenv(PREFIX "SUMMARY") != NULL;
    options->annotate_given = getenv(PREFIX "ANNOTATE") != NULL;
    for (unsigned i = 0; sw_settings_info(i, &info); i++) {
        snprintf(variable, sizeof variable, PREFIX "%s", info.name);
        const char *value = getenv(variable);
        int code = value != NULL ? tell(info.name, value) : 0;
        if (code != 0)
            return code;
    }
    return 0;
}

int sw_run_options_read(struct sw_run_options *run, char **arguments)
{
    enum sw_options_kind kind;
    unsigned index;
    const char *value;
    sw_run_option_table(&index);
    struct sw_options options = {table, count, arguments, false, true};
    /* Help is to be had whatever is in the environment. */
    if (arguments[0] != NULL &&
        (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0))
        return sw_options_help(usage, table, count, more);
    int code = read_environment(run);
    while (code == 0 && (kind = sw_options_next(&options, &index, &value)) != SW_OPTIONS_END) {
        if (kind == SW_OPTIONS_BAD)
            return SW_EXIT_USAGE;
        if (kind == SW_OPTIONS_OPERAND) {
            run->command = options.arguments - 1;
            return -1;
        }
        if (index == HELP)
            return sw_options_help(usage, table, count, more);
        code = take_option(run, index, value);
    }
    return code != 0 ? code : sw_complain_usage("no COMMAND given (--help says more)");
}
