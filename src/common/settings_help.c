/*
 * What people are told of the settings: the table of STALLWATCH_HELP=1, and which setting a
 * mistyped name was meant to be. Both see the table through sw_settings_info only.
 *
 * Called in the watched program on the watchdog thread, and by the command for its options. Pure,
 * as settings.c.
 */
#include "common/settings.h"

#include <string.h>

#include "common/nearest.h"

#define PREFIX       "STALLWATCH_"
#define HELP_COLUMNS 100

const char *sw_settings_nearest(const char *name, size_t length)
{
    struct sw_setting_info info;
    const char *best = "";
    unsigned best_distance = ~0u;
    for (unsigned i = 0; sw_settings_info(i, &info); i++) {
        unsigned far = sw_nearest_distance(name, length, info.name, strlen(info.name));
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
