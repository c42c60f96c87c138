/* See suppressions.h. */
#include "common/suppressions.h"

#include <errno.h>
#include <string.h>

#include "common/glob.h"
#include "common/settings.h"

#define EXPECTED                                                                                   \
    "expected KIND:GLOB or KIND:GLOB max_ms=N, KIND one of function, file, module, call, cause, "  \
    "thread, signature"
#define LINE_SHOWN 120
#define LINE_MOST  4096
#define MS_MOST    UINT64_C(3600000000)
#define MAX_MS     "max_ms="

static const char *const kind_names[SW_SUPPRESS_KINDS] = {
    "function", "file", "module", "call", "cause", "thread", "signature",
};

void sw_suppressions_start(struct sw_suppressions *rules, struct sw_arena *arena)
{
    rules->arena = arena;
    rules->first = NULL;
    rules->last = &rules->first;
    rules->count = 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t trimmed(const char *line, size_t length)
{
    while (length > 0 && is_space(line[length - 1]))
        length--;
    return length;
}

/* Without what is a comment, and without spaces at the end. */
static size_t without_comment(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] == '#' && (i == 0 || is_space(line[i - 1])))
            length = i;
    return trimmed(line, length);
}

/* Takes " max_ms=N" off the end. False where it is there and no number. */
static bool take_max(const char *line, size_t *length, uint64_t *max_ns)
{
    size_t word = *length;
    uint64_t ms = 0;
    *max_ns = 0;
    while (word > 0 && !is_space(line[word - 1]))
        word--;
    size_t prefix = strlen(MAX_MS);
    if (word == 0 || *length - word < prefix || memcmp(line + word, MAX_MS, prefix) != 0)
        return true;
    size_t at = word + prefix;
    if (at == *length)
        return false;
    for (; at < *length; at++) {
        if (line[at] < '0' || line[at] > '9')
            return false;
        ms = ms * 10 + (uint64_t)(line[at] - '0');
        if (ms > MS_MOST)
            return false;
    }
    *max_ns = ms * 1000000;
    *length = trimmed(line, word);
    return ms > 0;
}

static bool read_kind(const char *line, size_t length, enum sw_suppress_kind *kind, size_t *colon)
{
    const char *found = memchr(line, ':', length);
    if (found == NULL)
        return false;
    *colon = (size_t)(found - line);
    for (unsigned i = 0; i < SW_SUPPRESS_KINDS; i++) {
        if (strlen(kind_names[i]) == *colon && memcmp(kind_names[i], line, *colon) == 0) {
            *kind = (enum sw_suppress_kind)i;
            return true;
        }
    }
    return false;
}

/* A cause has one of ten names: a glob for none of them is a typing error. */
static bool can_match(const struct sw_suppression *rule)
{
    if (rule->kind != SW_SUPPRESS_CAUSE)
        return true;
    for (unsigned i = 0; i < SW_CAUSES; i++)
        if (sw_glob_match(rule->glob, sw_settings_cause_name((enum sw_cause)i)))
            return true;
    return false;
}

/* 1: added; 0: no rule; -ENOMEM. */
static int add_rule(struct sw_suppressions *rules, const char *file, unsigned number,
                    const char *line, size_t length)
{
    struct sw_suppression rule = {.file = file, .line = number};
    size_t colon, all = length;
    if (length > LINE_MOST || memchr(line, '\0', length) != NULL ||
        !take_max(line, &length, &rule.max_ns) || !read_kind(line, length, &rule.kind, &colon))
        return 0;
    const char *glob = line + colon + 1;
    size_t glob_length = length - colon - 1;
    while (glob_length > 0 && is_space(*glob)) {
        glob++;
        glob_length--;
    }
    if (glob_length == 0)
        return 0;
    rule.text = sw_arena_copy(rules->arena, line, all);
    rule.glob = sw_arena_copy(rules->arena, glob, glob_length);
    struct sw_suppression *kept = sw_arena_alloc(rules->arena, sizeof *kept);
    if (rule.text == NULL || rule.glob == NULL || kept == NULL)
        return -ENOMEM;
    if (!can_match(&rule))
        return 0;
    *kept = rule;
    *rules->last = kept;
    rules->last = &kept->next;
    rules->count++;
    return 1;
}

static void note_problem(struct sw_text *problems, const char *file, unsigned number,
                         const char *line, size_t length)
{
    size_t start = problems->length;
    sw_text_escaped(problems, file, strlen(file), LINE_SHOWN);
    sw_text_char(problems, ':');
    sw_text_unsigned(problems, number);
    sw_text_string(problems, ": \"");
    sw_text_escaped(problems, line, length, LINE_SHOWN);
    sw_text_string(problems, "\" is no suppression, and skipped: " EXPECTED "\n");
    if (problems->truncated) {
        sw_text_rewind(problems, start);
        problems->truncated = true;
    }
}

int sw_suppressions_parse(struct sw_suppressions *rules, const char *file, const char *bytes,
                          size_t length, struct sw_text *problems)
{
    unsigned number = 0;
    int bad = 0;
    const char *name = sw_arena_copy(rules->arena, file, strlen(file));
    if (name == NULL)
        return -ENOMEM;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        bytes += 3;
        length -= 3;
    }
    while (length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t whole = newline != NULL ? (size_t)(newline - bytes) : length;
        size_t rest = length - whole - (newline != NULL);
        const char *line = bytes;
        number++;
        while (whole > 0 && is_space(*line)) {
            line++;
            whole--;
        }
        size_t used = without_comment(line, whole);
        int added = used == 0 ? 1 : add_rule(rules, name, number, line, used);
        if (added < 0)
            return added;
        if (added == 0) {
            bad++;
            note_problem(problems, name, number, line, used);
        }
        bytes += length - rest;
        length = rest;
    }
    return bad;
}

static bool frames_match(const struct sw_suppression *rule, const struct sw_suppress_facts *facts)
{
    struct sw_suppress_frame frame;
    for (size_t i = 0; facts->frame_at != NULL && facts->frame_at(facts->context, i, &frame); i++) {
        const char *name = rule->kind == SW_SUPPRESS_FUNCTION ? frame.function
                           : rule->kind == SW_SUPPRESS_FILE   ? frame.file
                                                              : frame.module;
        if (name == NULL)
            continue;
        if (sw_glob_match(rule->glob, name))
            return true;
        /* A glob without a '/' is for a file's own name, wherever the file is. */
        const char *slash = strrchr(name, '/');
        if (rule->kind != SW_SUPPRESS_FUNCTION && slash != NULL &&
            strchr(rule->glob, '/') == NULL && sw_glob_match(rule->glob, slash + 1))
            return true;
    }
    return false;
}

static bool matches(const struct sw_suppression *rule, const struct sw_suppress_facts *facts)
{
    const char *value = NULL;
    char hex[17];
    struct sw_text text;
    if (rule->max_ns != 0 && facts->duration_ns > rule->max_ns)
        return false;
    switch (rule->kind) {
    case SW_SUPPRESS_FUNCTION:
    case SW_SUPPRESS_FILE:
    case SW_SUPPRESS_MODULE:
        return frames_match(rule, facts);
    case SW_SUPPRESS_CALL:
        value = facts->call;
        break;
    case SW_SUPPRESS_CAUSE:
        value = facts->cause;
        break;
    case SW_SUPPRESS_THREAD:
        value = facts->thread;
        break;
    case SW_SUPPRESS_SIGNATURE:
        sw_text_init(&text, hex, sizeof hex);
        sw_text_hex(&text, facts->signature, 16);
        value = hex;
        break;
    case SW_SUPPRESS_KINDS:
        break;
    }
    return value != NULL && sw_glob_match(rule->glob, value);
}

struct sw_suppression *sw_suppressions_match(struct sw_suppressions *rules,
                                             const struct sw_suppress_facts *facts)
{
    for (struct sw_suppression *rule = rules->first; rule != NULL; rule = rule->next) {
        if (matches(rule, facts)) {
            rule->matched++;
            return rule;
        }
    }
    return NULL;
}
