/*
 * What people are told of the settings: the table of STALLWATCH_HELP=1, and which setting a
 * mistyped name was meant to be. Both see the table through sw_settings_info only.
 *
 * Called in the watched program on the watchdog thread, and by the command for its options. Pure,
 * as settings.c.
 */
#include "common/settings.h"

#include <string.h>

#define PREFIX       "STALLWATCH_"
#define NAME_MOST    40 /* bytes of a name that are compared for likeness */
#define HELP_COLUMNS 100

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* How many letters have to be put in, taken out, changed or swapped with their neighbour to make
 * one of the other (Damerau and Levenshtein's distance, each letter touched once). Case is no
 * difference. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned table[3][NAME_MOST + 1]; /* the row before the last, the last, and this one */
    for (unsigned j = 0; j <= b_length; j++)
        table[0][j] = j;
    for (unsigned i = 1; i <= a_length; i++) {
        unsigned *row = table[i % 3], *last = table[(i + 2) % 3], *before = table[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_length; j++) {
            char x = upper(a[i - 1]), y = upper(b[j - 1]);
            row[j] = least_of(last[j] + 1, row[j - 1] + 1);
            row[j] = least_of(row[j], last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == upper(b[j - 2]) && y == upper(a[i - 2]))
                row[j] = least_of(row[j], before[j - 2] + 1);
        }
    }
    return table[a_length % 3][b_length];
}

const char *sw_settings_nearest(const char *name, size_t length)
{
    struct sw_setting_info info;
    const char *best = "";
    unsigned best_distance = ~0u;
    if (length > NAME_MOST)
        length = NAME_MOST;
    for (unsigned i = 0; sw_settings_info(i, &info); i++) {
        size_t known = strlen(info.name);
        unsigned far = distance(name, length, info.name, known < NAME_MOST ? known : NAME_MOST);
        if (far < best_distance) {
            best_distance = far;
            best = info.name;
        }
    }
    return best;
}

/* Words from `column` of the line that began at `line`, broken at spaces. Returns where the last
 * line began. */
static size_t wrap(struct sw_text *text, size_t line, size_t column, const char *words)
{
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        if (text->length - line + 1 + length > HELP_COLUMNS) {
            sw_text_char(text, '\n');
            line = text->length;
            sw_text_pad(text, line, column);
        } else if (text->length - line > column) {
            sw_text_char(text, ' ');
        }
        sw_text_bytes(text, words, length);
        words += length;
        words += strspn(words, " ");
    }
    return line;
}

void sw_settings_help(struct sw_text *text)
{
    struct sw_setting_info info;
    size_t column = 0;
    for (unsigned i = 0; sw_settings_info(i, &info); i++)
        if (strlen(info.name) > column)
            column = strlen(info.name);
    column += strlen(PREFIX "  ");
    for (unsigned i = 0; sw_settings_info(i, &info); i++) {
        size_t line = text->length;
        sw_text_string(text, PREFIX);
        sw_text_string(text, info.name);
        sw_text_pad(text, line, column);
        wrap(text, line, column, info.meaning);
        sw_text_char(text, '\n');
        line = text->length;
        sw_text_pad(text, line, column);
        line = wrap(text, line, column, info.expected);
        sw_text_char(text, ';');
        line = wrap(text, line, column, "default");
        wrap(text, line, column, info.default_text);
        sw_text_char(text, '\n');
    }
}
