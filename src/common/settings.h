/*
 * The settings: one table (settings_table.h) that drives the parser of the environment,
 * STALLWATCH_HELP=1, the options of `stallwatch run` and the tables of the man pages.
 *
 * Values point into the strings they were parsed from unless said otherwise. Pure: no malloc, no
 * output; problems are noted, and the caller says them when the time has come.
 */
#ifndef SW_COMMON_SETTINGS_H
#define SW_COMMON_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

enum sw_summary_when { SW_SUMMARY_AUTO, SW_SUMMARY_ALWAYS, SW_SUMMARY_NEVER };
enum sw_annotate { SW_ANNOTATE_NONE, SW_ANNOTATE_GITHUB };

/* Bits of STALLWATCH_COUNT, in the order of the contract's list of causes. */
enum sw_cause {
    SW_CAUSE_BLOCKING_CALL,
    SW_CAUSE_CPU,
    SW_CAUSE_NESTED_WAIT,
    SW_CAUSE_LOCK,
    SW_CAUSE_GIL,
    SW_CAUSE_STARVED,
    SW_CAUSE_PAGING,
    SW_CAUSE_STOPPED,
    SW_CAUSE_MIXED,
    SW_CAUSE_UNKNOWN,
    SW_CAUSES
};
#define SW_COUNT_STARTUP (1u << 16) /* the word "startup" in STALLWATCH_COUNT */
#define SW_COUNT_POOL    (1u << 17) /* the word "pool" */

struct sw_settings {
    uint64_t threshold_ns;
    const char *log;  /* "stderr", "none" or a path with % codes */
    const char *json; /* NULL: none */
    const char *suppressions;
    const char *parks; /* NULL: none but what is known */
    const char *hints; /* likewise */
    int exitcode;      /* 0 to 255 */
    uint32_t count;
    unsigned samples;
    uint64_t ongoing_ns;
    unsigned max_reports;
    enum sw_summary_when summary;
    const char *metrics;
    enum sw_annotate annotate;
    const char *only;
    bool follow;
    int signal;         /* 0: auto */
    const char *helper; /* NULL: auto; "none" */
    bool debuginfod;
    bool verbose;
    bool help;
    /* Problems found, ready to be said: whole lines without prefix, each ended by '\n'. */
    char problem_text[4096];
    struct sw_text problems;
};

/* The name of a cause as the contract has it ("blocking-call"); for values out of range "unknown".
 */
const char *sw_settings_cause_name(enum sw_cause cause);

/* Puts the defaults in place. */
void sw_settings_default(struct sw_settings *settings);

/*
 * Reads every STALLWATCH_… variable of `environment` (NULL-terminated, as environ). A value that
 * cannot be used leaves the default and one line in `problems` that names the variable, the value
 * (escaped, cut), what was expected and what is used instead; an unknown name gets a line with the
 * nearest known one. The values are copied into `storage` (programs overwrite their environment:
 * setproctitle) of `storage_size` bytes; one too long for it is a problem too. Returns the number
 * of problems.
 */
unsigned sw_settings_parse(struct sw_settings *settings, char *const *environment, char *storage,
                           size_t storage_size);

/* One setting by its variable's name without the prefix ("THRESHOLD_MS"); for `stallwatch run`.
 * Returns 0; -ENOENT for an unknown name; -EINVAL for a value that cannot be used, with the line in
 * `problems` naming it as `shown_name` (without "; using ...": the
 * command refuses it). `value` is not copied. */
int sw_settings_set(struct sw_settings *settings, const char *name, const char *value,
                    const char *shown_name);

/* The setting that `name` (of `length` bytes, without prefix) was most likely meant to be, without
 * prefix; never NULL. For lines about an unknown variable or option. */
const char *sw_settings_nearest(const char *name, size_t length);

/* The table for people, as STALLWATCH_HELP=1 prints it: aligned, at most 100 columns wide, below 8
 * KiB. */
void sw_settings_help(struct sw_text *text);

/* What the table says of row `index`; false past the end. Strings are constant. */
struct sw_setting_info {
    const char *name; /* "THRESHOLD_MS" */
    const char *default_text;
    const char *expected; /* "a number of milliseconds, 0.5 to 3600000" */
    const char *meaning;
    const char *words; /* "auto,always,never": some values, or all; "" where there are none */
};
bool sw_settings_info(unsigned index, struct sw_setting_info *info);

#endif
