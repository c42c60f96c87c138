/*
 * The settings: the table of settings_table.h turned into an array, and the parser that reads by
 * it; see settings.h.
 *
 * Called in the watched program when the library starts (in its constructor, on the main thread)
 * and when the first loop is found (problems, on the watchdog thread), and in the command. Pure: no
 * malloc, no stdio, no locale (strtod takes a comma for the point under some), no getenv.
 */
#include "common/settings.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "common/nearest.h"

#define PREFIX        "STALLWATCH_"
#define PREFIX_LENGTH (sizeof PREFIX - 1)
#define NAME_MOST     40 /* bytes of the longest name in the table */
#define VALUE_SHOWN   80 /* bytes of a bad value that are shown */

enum kind {
    SW_KIND_MS,     /* uint64_t, nanoseconds */
    SW_KIND_NUMBER, /* unsigned, or an int that is never negative */
    SW_KIND_CHOICE, /* an enum */
    SW_KIND_BOOL,
    SW_KIND_CAUSES, /* uint32_t */
    SW_KIND_SIGNAL, /* int */
    SW_KIND_PATH,   /* const char *, may be NULL */
    SW_KIND_NAMES   /* const char *, never NULL */
};

/* The texts stand in the table itself, here and in some others: pointers to them would have to be
 * relocated at each program's start. */
struct row {
    char name[NAME_MOST], default_text[80], expected[160], meaning[256], words[160];
    enum kind kind;
    size_t offset;
    uint64_t least, most;
};

static const struct row rows[] = {
#define SW_SETTING(name, kind, field, default_text, least, most, words, expected, meaning)         \
    {#name,                                                                                        \
     default_text,                                                                                 \
     expected,                                                                                     \
     meaning,                                                                                      \
     words,                                                                                        \
     SW_KIND_##kind,                                                                               \
     offsetof(struct sw_settings, field),                                                          \
     least,                                                                                        \
     most},
#include "common/settings_table.h"
};
#define ROWS (sizeof rows / sizeof rows[0])

static const char *const cause_names[SW_CAUSES] = {
    "blocking-call", "cpu",    "nested-wait", "lock",  "gil",
    "starved",       "paging", "stopped",     "mixed", "unknown",
};

_Static_assert(sizeof(enum sw_summary_when) == sizeof(unsigned), "a CHOICE is stored as unsigned");
_Static_assert(sizeof(enum sw_annotate) == sizeof(unsigned), "a CHOICE is stored as unsigned");

const char *sw_settings_cause_name(enum sw_cause cause)
{
    unsigned index = (unsigned)cause;
    return cause_names[index < SW_CAUSES ? index : SW_CAUSE_UNKNOWN];
}

/* Decimal digits and nothing else, no more than `most`. */
static bool read_number(const char *value, uint64_t most, uint64_t *number)
{
    uint64_t result = 0;
    if (*value == '\0')
        return false;
    for (; *value != '\0'; value++) {
        if (*value < '0' || *value > '9')
            return false;
        result = result * 10 + (uint64_t)(*value - '0');
        if (result > most) /* most is far below the top of the range: no overflow before this */
            return false;
    }
    *number = result;
    return true;
}

/* Milliseconds with up to any number of decimals, in nanoseconds (cut below). */
static bool read_ms(const char *value, uint64_t least, uint64_t most, uint64_t *ns)
{
    uint64_t result = 0, unit = 1000000;
    bool digits = false, point = false;
    for (; *value != '\0'; value++) {
        if (*value == '.' && !point) {
            point = true;
            continue;
        }
        if (*value < '0' || *value > '9')
            return false;
        digits = true;
        uint64_t digit = (uint64_t)(*value - '0');
        if (point) {
            unit /= 10;
            result += digit * unit;
        } else {
            result = result * 10 + digit * unit;
        }
        if (result > most)
            return false;
    }
    *ns = result;
    return digits && result >= least;
}

/* Goes to the next word of a comma-separated list: its length, with `*list` behind it; false past
 * the end. */
static bool next_word(const char **list, const char **word, size_t *length)
{
    if (*list == NULL)
        return false;
    *word = *list;
    *length = strcspn(*list, ",");
    *list = (*list)[*length] == ',' ? *list + *length + 1 : NULL;
    return true;
}

static bool word_is(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

static uint32_t cause_bits(const char *word, size_t length)
{
    if (word_is(word, length, "all"))
        return ((1u << SW_CAUSES) - 1) | SW_COUNT_STARTUP | SW_COUNT_POOL;
    if (word_is(word, length, "startup"))
        return SW_COUNT_STARTUP;
    if (word_is(word, length, "pool"))
        return SW_COUNT_POOL;
    for (unsigned i = 0; i < SW_CAUSES; i++)
        if (word_is(word, length, cause_names[i]))
            return 1u << i;
    return 0;
}

static bool read_causes(const char *value, uint32_t *causes)
{
    const char *word;
    size_t length;
    uint32_t result = 0;
    while (next_word(&value, &word, &length)) {
        uint32_t bits = cause_bits(word, length);
        if (bits == 0)
            return false;
        result |= bits;
    }
    *causes = result;
    return true;
}

static bool read_choice(const char *value, const char *words, unsigned *choice)
{
    const char *word;
    size_t length;
    for (unsigned i = 0; next_word(&words, &word, &length); i++) {
        if (word_is(word, length, value)) {
            *choice = i;
            return true;
        }
    }
    return false;
}

static bool read_signal(const char *value, int *signal_number)
{
    uint64_t number = 0;
    if (strcmp(value, "auto") != 0 &&
        (!read_number(value, (uint64_t)SIGRTMAX, &number) || number < (uint64_t)SIGRTMIN))
        return false;
    *signal_number = (int)number;
    return true;
}

/* Reads `value` into the row's field; false, with the field left alone, where it cannot be used. */
static bool read_value(const struct row *row, struct sw_settings *settings, const char *value)
{
    void *field = (char *)settings + row->offset;
    uint64_t number;
    unsigned choice;
    switch (row->kind) {
    case SW_KIND_MS:
        if (!read_ms(value, row->least, row->most, &number))
            return false;
        *(uint64_t *)field = number;
        return true;
    case SW_KIND_NUMBER:
        if (!read_number(value, row->most, &number) || number < row->least)
            return false;
        choice = (unsigned)number;
        memcpy(field, &choice, sizeof choice);
        return true;
    case SW_KIND_CHOICE:
        if (!read_choice(value, row->words, &choice))
            return false;
        memcpy(field, &choice, sizeof choice);
        return true;
    case SW_KIND_BOOL:
        if (!read_number(value, 1, &number) || value[1] != '\0')
            return false;
        *(bool *)field = number == 1;
        return true;
    case SW_KIND_CAUSES:
        return read_causes(value, field);
    case SW_KIND_SIGNAL:
        return read_signal(value, field);
    case SW_KIND_PATH:
        if (*value == '\0')
            value = row->default_text;
        *(const char **)field = strcmp(value, row->words) == 0 ? NULL : value;
        return true;
    case SW_KIND_NAMES:
        *(const char **)field = *value == '\0' ? *(const char **)field : value;
        return *value != '\0';
    }
    return false;
}

static bool keeps_string(const struct row *row)
{
    return row->kind == SW_KIND_PATH || row->kind == SW_KIND_NAMES;
}

/* Ends a problem's line; one that does not fit is left out whole. */
static void end_problem(struct sw_text *problems, size_t start)
{
    sw_text_char(problems, '\n');
    if (problems->truncated) {
        sw_text_rewind(problems, start);
        problems->truncated = true; /* nor may a shorter one follow it */
    }
}

static size_t begin_bad_value(struct sw_text *problems, const char *shown_name, const char *value)
{
    size_t start = problems->length;
    sw_text_string(problems, shown_name);
    sw_text_string(problems, "=\"");
    sw_text_escaped(problems, value, strlen(value), VALUE_SHOWN);
    sw_text_string(problems, "\" cannot be used: ");
    return start;
}

static const struct row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < ROWS; i++)
        if (word_is(name, length, rows[i].name))
            return &rows[i];
    return NULL;
}

const char *sw_settings_nearest(const char *name, size_t length)
{
    const char *best = "";
    unsigned best_distance = ~0u;
    for (size_t i = 0; i < ROWS; i++) {
        const char *known = rows[i].name;
        unsigned far = sw_nearest_distance(name, length, known, strlen(known));
        if (far < best_distance) {
            best_distance = far;
            best = known;
        }
    }
    return best;
}

static void note_unknown(struct sw_text *problems, const char *name, size_t length)
{
    size_t start = problems->length;
    sw_text_string(problems, PREFIX);
    sw_text_escaped(problems, name, length, VALUE_SHOWN);
    sw_text_string(problems, " is not a setting: did you mean " PREFIX);
    sw_text_string(problems, sw_settings_nearest(name, length));
    sw_text_string(problems, "?");
    end_problem(problems, start);
}

/* Where strings are kept, filled from the front. */
struct storage {
    char *next;
    size_t room;
};

static const char *keep(struct storage *storage, const char *value)
{
    size_t size = strlen(value) + 1;
    if (size > storage->room)
        return NULL;
    char *copy = memcpy(storage->next, value, size);
    storage->next += size;
    storage->room -= size;
    return copy;
}

/* One variable, without the prefix. Returns the number of problems. */
static unsigned parse_variable(struct sw_settings *settings, const char *variable,
                               struct storage *storage)
{
    const char *equals = strchr(variable, '=');
    const char *expected, *used;
    char shown[PREFIX_LENGTH + NAME_MOST + 1] = PREFIX;
    if (equals == NULL)
        return 0;
    const struct row *row = find_row(variable, (size_t)(equals - variable));
    if (row == NULL) {
        note_unknown(&settings->problems, variable, (size_t)(equals - variable));
        return 1;
    }
    const char *value = equals + 1;
    expected = row->expected;
    if (*value != '\0' && keeps_string(row)) {
        value = keep(storage, value);
        if (value == NULL)
            expected = "something shorter";
    }
    if (value != NULL && read_value(row, settings, value))
        return 0;
    used = row->default_text;
    strcat(shown, row->name);
    read_value(row, settings, used); /* an earlier one of the same name may have been good */
    size_t start = begin_bad_value(&settings->problems, shown, equals + 1);
    sw_text_string(&settings->problems, "expected ");
    sw_text_string(&settings->problems, expected);
    sw_text_string(&settings->problems, "; using ");
    sw_text_string(&settings->problems, used);
    end_problem(&settings->problems, start);
    return 1;
}

void sw_settings_default(struct sw_settings *settings)
{
    memset(settings, 0, offsetof(struct sw_settings, problem_text));
    sw_text_init(&settings->problems, settings->problem_text, sizeof settings->problem_text);
    for (size_t i = 0; i < ROWS; i++)
        read_value(&rows[i], settings, rows[i].default_text);
}

unsigned sw_settings_parse(struct sw_settings *settings, char *const *environment, char *storage,
                           size_t storage_size)
{
    struct storage rest = {storage, storage_size};
    unsigned problems = 0;
    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, PREFIX, PREFIX_LENGTH) == 0)
            problems += parse_variable(settings, *environment + PREFIX_LENGTH, &rest);
    return problems;
}

int sw_settings_set(struct sw_settings *settings, const char *name, const char *value,
                    const char *shown_name)
{
    const struct row *row = find_row(name, strlen(name));
    if (row == NULL)
        return -ENOENT;
    if (read_value(row, settings, value))
        return 0;
    size_t start = begin_bad_value(&settings->problems, shown_name, value);
    sw_text_string(&settings->problems, "expected ");
    sw_text_string(&settings->problems, row->expected);
    end_problem(&settings->problems, start);
    return -EINVAL;
}

bool sw_settings_info(unsigned index, struct sw_setting_info *info)
{
    if (index >= ROWS)
        return false;
    const struct row *row = &rows[index];
    *info = (struct sw_setting_info){row->name, row->default_text, row->expected, row->meaning,
                                     row->words};
    return true;
}
