/*
 * Paths with % codes (STALLWATCH_LOG, _JSON, _METRICS); see pattern.h. Called by the sink on the
 * watchdog thread and by the command. Pure.
 *
 * A value must not lead out of the directory that the user wrote, so a '/' in one becomes '_'.
 */
#include "common/pattern.h"

#include <errno.h>

static void append_value(struct sw_text *text, const char *value)
{
    for (; value != NULL && *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        sw_text_char(text, c < 0x20 || c == 0x7f || c == '/' ? '_' : (char)c);
    }
}

int sw_pattern_expand(struct sw_text *text, const char *pattern,
                      const struct sw_pattern_values *values)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '%') {
            sw_text_char(text, *pattern);
            continue;
        }
        switch (pattern[1]) {
        case 'p':
            sw_text_unsigned(text, values->pid);
            break;
        case 'e':
            append_value(text, values->exe);
            break;
        case 't':
            sw_text_unsigned(text, values->start_time);
            break;
        case 'h':
            append_value(text, values->host);
            break;
        case '%':
            sw_text_char(text, '%');
            break;
        default:
            sw_text_char(text, '%');
            continue;
        }
        pattern++;
    }
    return text->truncated ? -ENAMETOOLONG : 0;
}
