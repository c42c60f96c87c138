/*
 * `stallwatch report`: any number of logs into one report. See report.h.
 *
 * The output is opened only when everything has been read, and what cannot be used is found before
 * the first file is.
 */
#include "command/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/complain.h"
#include "command/formats/formats.h"
#include "command/load.h"
#include "command/options.h"
#include "command/rules_files.h"

#define RULES_MOST (64u << 20)

enum { FORMAT, OUTPUT, SUPPRESSIONS, BASELINE, WRITE_SUPPRESSIONS, NO_SOURCES, HELP };

static const struct sw_option table[] = {
    {"format", "FORMAT",
     "text (default), json, markdown, html, folded, speedscope, junit or github",
     "text,json,markdown,html,folded,speedscope,junit,github"},
    {"output", "FILE", "write there instead of to standard output (-): whole, or not at all", NULL},
    {"suppressions", "FILE", "stalls that match a rule in it do not count; may be repeated", NULL},
    {"baseline", "FILE",
     "JSON lines of an earlier run: stalls whose signature is in it do not count; may be repeated",
     NULL},
    {"write-suppressions", NULL, "print a rule for each signature that counts, instead of a report",
     NULL},
    {"no-sources", NULL, "html: leave out the lines of source around the frames", NULL},
    {"help", NULL, "print this and exit", NULL},
};
#define TABLE (sizeof table / sizeof table[0])

const struct sw_option *sw_report_option_table(unsigned *count)
{
    *count = TABLE;
    return table;
}

static const char usage[] =
    "Usage: stallwatch report [OPTION]... FILE.jsonl...\n"
    "Merges the JSON lines (STALLWATCH_JSON, run --json) of any number of processes\n"
    "and hosts into one report. FILE may be -, standard input.\n";
static const char more[] =
    "Exit status: 0; 1 where the report could not be written whole; 2 for an option\n"
    "or a file that cannot be used.\n";

struct request {
    const struct sw_format *format;
    bool write_suppressions, no_sources;
    const char *output;
    char **files; /* within the arguments */
    unsigned file_count;
    struct sw_table baseline;
    bool has_baseline, has_rules;
    struct sw_arena arena;
    struct sw_suppressions rules;
};

static int take_baseline(struct request *request, const char *path)
{
    int error = sw_load_baseline(path, &request->baseline);
    request->has_baseline = true;
    if (error != 0)
        return sw_complain_usage("cannot read the baseline %s: %s", path,
                                 error == -EBADMSG ? "it has no record of stallwatch"
                                                   : strerror(-error));
    return 0;
}

static int take_format(struct request *request, const char *name)
{
    if (request->format != NULL)
        return sw_complain_usage("--format is given twice: %s and %s", request->format->name, name);
    request->format = sw_format_find(name);
    if (request->format != NULL)
        return 0;
    const char *meant = sw_format_nearest(name);
    if (meant != NULL)
        return sw_complain_usage("there is no format %s; did you mean %s?", name, meant);
    return sw_complain_usage("there is no format %s: expected text, json, markdown, html, folded, "
                             "speedscope, junit or github",
                             name);
}

static int take_output(struct request *request, const char *path)
{
    if (*path == '\0')
        return sw_complain_usage("--output needs the name of a file");
    if (strcmp(path, "-") == 0)
        return 0; /* no file of that name is what anybody means */
    if (request->output != NULL)
        return sw_complain_usage("--output is given twice: %s and %s", request->output, path);
    request->output = path;
    int error = sw_output_check(path);
    return error == 0 ? 0 : sw_complain_usage("cannot write to %s: %s", path, strerror(-error));
}

static int take_option(struct request *request, unsigned index, const char *value)
{
    switch (index) {
    case FORMAT:
        return take_format(request, value);
    case OUTPUT:
        return take_output(request, value);
    case SUPPRESSIONS:
        request->has_rules = true;
        return sw_rules_file_read(&request->rules, value);
    case BASELINE:
        return take_baseline(request, value);
    case NO_SOURCES:
        request->no_sources = true;
        return 0;
    default:
        request->write_suppressions = true;
        return 0;
    }
}

/* -1: go on; else an exit code. */
static int read_arguments(struct request *request, char **arguments)
{
    struct sw_options options = {table, TABLE, arguments, false, false};
    enum sw_options_kind kind;
    unsigned index;
    const char *value;
    request->files = arguments; /* operands are moved to the front, behind those already read */
    while ((kind = sw_options_next(&options, &index, &value)) != SW_OPTIONS_END) {
        int code = 0;
        if (kind == SW_OPTIONS_BAD)
            return SW_EXIT_USAGE;
        if (kind == SW_OPTIONS_OPERAND)
            request->files[request->file_count++] = options.arguments[-1];
        else if (index == HELP)
            return sw_options_help(usage, table, TABLE, more);
        else
            code = take_option(request, index, value);
        if (code != 0)
            return code;
    }
    if (request->format != NULL && request->write_suppressions)
        return sw_complain_usage("--write-suppressions writes rules, in no --format");
    if (request->format == NULL)
        request->format = sw_format_find("text");
    if (request->file_count == 0)
        return sw_complain_usage("no FILE given: the JSON lines of a run, or - (--help says more)");
    return -1;
}

/* Can it be read? Says so where not. */
static int look_at_file(const char *path, struct stat *about)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int failed = is_stdin ? fstat(STDIN_FILENO, about) : stat(path, about);
    if (failed == 0 && S_ISDIR(about->st_mode)) {
        failed = -1;
        errno = EISDIR;
    }
    if (failed == 0 && !is_stdin)
        failed = access(path, R_OK);
    return failed == 0 ? 0 : sw_complain_usage("cannot read %s: %s", path, strerror(errno));
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_output(const struct request *request, const struct stat *about)
{
    struct stat output;
    return request->output != NULL && stat(request->output, &output) == 0 &&
           S_ISREG(output.st_mode) && same_file(about, &output);
}

/* Every file is looked at before the first is read; one that is named twice is read once. Puts into
 * `bytes` how much there is to be read, 0 where that is not known. */
static int look_at_files(struct request *request, uint64_t *bytes)
{
    struct stat *seen = sw_need_memory(calloc(request->file_count, sizeof *seen));
    bool sizes_known = true;
    unsigned kept = 0;
    int code = 0;
    *bytes = 0;
    for (unsigned i = 0; i < request->file_count && code == 0; i++) {
        char *path = request->files[i];
        struct stat *about = &seen[kept];
        unsigned before = 0;
        code = look_at_file(path, about);
        if (code == 0 && is_output(request, about))
            code = sw_complain_usage("%s is to be read: the report cannot take its place", path);
        while (before < kept && !same_file(&seen[before], about))
            before++;
        if (code == 0 && before < kept) {
            sw_complain("%s is given twice, and read once", path);
            continue;
        }
        sizes_known = sizes_known && S_ISREG(about->st_mode);
        *bytes += (uint64_t)about->st_size;
        request->files[kept++] = path;
    }
    request->file_count = kept;
    if (!sizes_known)
        *bytes = 0;
    free(seen);
    return code;
}

static int write_report(const struct request *request, const struct sw_merge *merge)
{
    static struct sw_output output;
    int error = sw_output_open(&output, request->output);
    if (error != 0)
        return sw_complain_usage("cannot write to %s: %s", request->output, strerror(-error));
    if (request->write_suppressions)
        sw_format_suppressions(&output, merge);
    else
        request->format->write(&output, merge);
    error = sw_output_close(&output);
    if (error == 0)
        return 0;
    sw_complain("cannot write the whole report to %s: %s",
                request->output != NULL ? request->output : "standard output", strerror(-error));
    return SW_EXIT_FAILURE;
}

int sw_report_main(char **arguments)
{
    static struct request request;
    struct sw_merge merge;
    struct sw_load load = {.merge = &merge};
    uint64_t bytes;
    sw_arena_init(&request.arena, RULES_MOST);
    sw_suppressions_start(&request.rules, &request.arena);
    int code = read_arguments(&request, arguments);
    if (code >= 0)
        return code;
    code = look_at_files(&request, &bytes);
    if (code != 0)
        return code;
    sw_progress_start(&load.progress, bytes);
    sw_merge_start(&merge);
    merge.want_parts = request.format->wants_parts && !request.write_suppressions;
    merge.want_sources = !request.no_sources;
    merge.want_points = request.format->wants_points && !request.write_suppressions;
    merge.baseline = request.has_baseline ? &request.baseline : NULL;
    merge.suppressions = request.has_rules ? &request.rules : NULL;
    for (unsigned i = 0; i < request.file_count; i++) {
        int error = sw_load_file(&load, request.files[i], 0);
        if (error != 0)
            return sw_complain_usage("cannot read %s: %s", request.files[i], strerror(-error));
    }
    sw_merge_finish(&merge);
    const char *verbose = getenv("STALLWATCH_VERBOSE");
    if (verbose != NULL && strcmp(verbose, "1") == 0)
        sw_rules_say_unused(&request.rules);
    return write_report(&request, &merge);
}
