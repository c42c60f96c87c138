/*
 * What people are told of the settings: the table of STALLWATCH_HELP=1. It sees the rows through
 * sw_settings_info only.
 *
 * Called in the watched program on the watchdog thread, and by the command for its options. Pure,
 * as settings.c.
 */
#include "common/settings.h"

#include <string.h>

#define PREFIX       "STALLWATCH_"
#define HELP_COLUMNS 100

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
