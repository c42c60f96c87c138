/*
 * `stallwatch run`; see run.h. Everything that can be refused is refused before COMMAND starts;
 * what goes wrong afterwards is said and changes nothing of its exit code.
 */
#include "command/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/examine.h"
#include "command/formats/formats.h"
#include "command/place.h"
#include "command/rules_files.h"
#include "command/run_child.h"
#include "command/run_log.h"
#include "command/run_options.h"
#include "command/run_paths.h"

#define ROWS_SHOWN 10
#define RULES_MOST (64u << 20)

/* Our entry in front of what is there, and there once. */
static int set_preload(void)
{
    char library[4096];
    const char *before = getenv("LD_PRELOAD");
    if (sw_place_library(library, sizeof library) != 0) {
        sw_complain("libstallwatch.so is not where stallwatch is: make, or make install");
        return SW_EXIT_FAILURE;
    }
    if (strpbrk(library, ": ") != NULL)
        return sw_complain_usage("%s: LD_PRELOAD can have no path with a space or a colon in it",
                                 library);
    size_t length = strlen(library);
    if (before != NULL && strncmp(before, library, length) == 0 &&
        (before[length] == '\0' || before[length] == ':' || before[length] == ' '))
        return 0;
    char *value = sw_need_memory(malloc(length + (before != NULL ? strlen(before) : 0) + 2));
    sprintf(value, "%s%s%s", library, before != NULL && *before != '\0' ? ":" : "",
            before != NULL ? before : "");
    int failed = setenv("LD_PRELOAD", value, 1);
    free(value);
    return failed ? SW_EXIT_FAILURE : 0;
}

/* execve(2) says ENOENT of the interpreter, too, that a script or a program asks for, and EACCES of
 * a folder. */
static void say_not_run(const char *command, int error)
{
    struct stat about;
    if (error == ENOENT && strchr(command, '/') == NULL)
        sw_complain("cannot run \"%s\": not found in PATH (what only a shell knows: sh -c \"...\")",
                    command);
    else if (error == EACCES && stat(command, &about) == 0 && S_ISDIR(about.st_mode))
        sw_complain("cannot run \"%s\": %s", command, strerror(EISDIR));
    else if (error == ENOENT && access(command, F_OK) == 0)
        sw_complain("cannot run \"%s\": its interpreter or loader is missing", command);
    else
        sw_complain("cannot run \"%s\": %s", command, strerror(error));
}

/* One line where the program cannot be watched; its children may. */
static void warn_of(const char *command)
{
    static struct sw_examination examination;
    char path[4096];
    if (sw_examine_find(command, path, sizeof path) != 0 ||
        sw_examine_program(&examination, path) != 0)
        return;
    for (unsigned i = 0; i < examination.count; i++) {
        if (examination.findings[i].kind != SW_FINDING_FATAL || examination.findings[i].not_for_us)
            continue;
        sw_complain("%s is run, and cannot be watched: %s", command, examination.findings[i].text);
        return;
    }
}

static bool wants_summary(const struct sw_run_options *options, const struct sw_merge *merge)
{
    switch (options->settings.summary) {
    case SW_SUMMARY_ALWAYS:
        return true;
    case SW_SUMMARY_NEVER:
        return false;
    default:
        return merge->stalls > 0 && strcmp(options->settings.log, "none") != 0;
    }
}

/* The pattern as one types it to have all its files: a code may be anything. */
static void write_files(struct sw_text *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        bool code = *pattern == '%' && pattern[1] != '\0' && strchr("peth", pattern[1]) != NULL;
        char c = code ? '*' : *pattern;
        sw_text_escaped(text, &c, 1, 4);
        pattern += code || (*pattern == '%' && pattern[1] == '%');
    }
}

/* What to do next, as a command. */
static void write_next(struct sw_text *text, const char *prefix, const struct sw_run_log *log,
                       const struct sw_merge *merge)
{
    if (merge->signature_count == 0)
        return;
    sw_text_string(text, prefix);
    if (log->folder[0] != '\0') {
        sw_text_string(text, "to keep the records: stallwatch run --json stalls.jsonl ...\n");
        return;
    }
    sw_text_string(text, "stacks and more: stallwatch report ");
    write_files(text, log->pattern);
    sw_text_char(text, '\n');
}

static void write_summary(struct sw_output *output, const struct sw_run_log *log,
                          const struct sw_merge *merge)
{
    struct sw_text *text = &output->text;
    char prefix[40];
    snprintf(prefix, sizeof prefix, "==%d== ", (int)getpid());
    sw_text_string(text, prefix);
    sw_text_string(text, !output->colour ? "" : merge->counted > 0 ? "\x1b[1;31m" : "\x1b[1m");
    sw_text_string(text, "stallwatch: summary of the run: ");
    sw_format_totals(text, merge);
    sw_text_string(text, output->colour ? "\x1b[0m\n" : "\n");
    snprintf(prefix, sizeof prefix, "==%d==   ", (int)getpid());
    if (log->running > 0) {
        sw_text_string(text, prefix);
        sw_text_string(text, "still running, and not counted from here on: ");
        sw_format_count(text, log->running, "process\n", "processes\n");
    }
    if (merge->signature_count > 0)
        sw_format_table(output, merge, prefix, ROWS_SHOWN);
    write_next(text, prefix, log, merge);
}

static void tell(const struct sw_run_options *options, const struct sw_run_log *log,
                 const struct sw_merge *merge)
{
    static struct sw_output output;
    const char *actions = getenv("GITHUB_ACTIONS");
    sw_output_open(&output, NULL);
    output.fd = dup(STDERR_FILENO);
    if (output.fd < 0)
        return; /* there is nobody to tell */
    output.colour = sw_output_wants_colour(output.fd);
    if (wants_summary(options, merge))
        write_summary(&output, log, merge);
    bool on_github = actions != NULL && strcmp(actions, "true") == 0;
    if (options->settings.annotate == SW_ANNOTATE_GITHUB || (on_github && !options->annotate_given))
        sw_format_github(&output, merge);
    sw_output_close(&output);
}

/* What the processes are told besides the settings that were given. */
static int prepare(struct sw_run_options *options, struct sw_run_log *log)
{
    int code = sw_run_paths_check();
    if (code == 0)
        code = set_preload();
    if (code == 0)
        code = sw_run_log_start(log,
                                options->settings.json != NULL ? getenv("STALLWATCH_JSON") : NULL);
    if (code != 0)
        return code;
    setenv("STALLWATCH_JSON", log->pattern, 1);
    unsetenv("STALLWATCH_EXITCODE");
    setenv("STALLWATCH_ANNOTATE", "none", 1); /* nor is a run within this one to say it again */
    /* The run's own summary has what each process would say at its end. */
    if (!options->summary_given && strcmp(options->settings.log, "stderr") == 0)
        setenv("STALLWATCH_SUMMARY", "never", 1);
    return 0;
}

/* The rules that the processes had, to see which of them none has needed. */
static void read_rules(const char *list, struct sw_suppressions *rules)
{
    char path[4096];
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ":");
        snprintf(path, sizeof path, "%.*s", (int)length, list);
        if (length > 0)
            sw_rules_file_read(rules, path);
        list += length + (list[length] == ':');
    }
}

int sw_run_main(char **arguments)
{
    static struct sw_run_options options;
    static struct sw_run_log log;
    static struct sw_suppressions rules;
    struct sw_arena arena;
    struct sw_run_end end;
    struct sw_merge merge;
    struct sw_load load = {.merge = &merge};
    int code = sw_run_options_read(&options, arguments);
    if (code >= 0)
        return code;
    code = prepare(&options, &log);
    if (code != 0)
        return code;
    warn_of(options.command[0]);
    int error = sw_run_child(options.command, &end);
    if (error != 0 || end.error != 0) {
        sw_run_log_remove(&log);
        if (error != 0)
            sw_complain("cannot start a process: %s", strerror(-error));
        else
            say_not_run(options.command[0], end.error);
        return error != 0 ? SW_EXIT_FAILURE : end.code;
    }
    sw_merge_start(&merge);
    merge.baseline = options.has_baseline ? &options.baseline : NULL;
    sw_arena_init(&arena, RULES_MOST);
    sw_suppressions_start(&rules, &arena);
    if (options.settings.verbose && options.settings.suppressions != NULL) {
        read_rules(getenv("STALLWATCH_SUPPRESSIONS"), &rules);
        merge.suppressions = &rules;
    }
    sw_run_log_settle(&log);
    sw_run_log_load(&log, &load);
    sw_merge_finish(&merge);
    tell(&options, &log, &merge);
    sw_rules_say_unused(&rules);
    sw_run_log_remove(&log);
    return options.settings.exitcode != 0 && merge.counted > 0 ? options.settings.exitcode
                                                               : end.code;
}
