/*
 * The small words of all texts: a line's prefix, names, milliseconds; see report_parts.h. Pure, on
 * the watchdog thread.
 */
#include <string.h>

#include "preload/report/report_parts.h"

#define NAME_SHOWN 200 /* bytes of a name */

void sw_report_prefix(struct sw_text *text, int pid)
{
    sw_text_string(text, "==");
    sw_text_signed(text, pid);
    sw_text_string(text, "== ");
}

void sw_report_name(struct sw_text *text, const char *name)
{
    if (name == NULL)
        sw_text_char(text, '?');
    else
        sw_text_escaped(text, name, strlen(name), NAME_SHOWN);
}

void sw_report_ms(struct sw_text *text, uint64_t ns)
{
    sw_text_ms(text, ns, 1);
    sw_text_string(text, " ms");
}

void sw_report_whole_lines(struct sw_text *text, size_t start)
{
    if (!text->truncated)
        return;
    size_t end = text->length;
    while (end > start && text->data[end - 1] != '\n')
        end--;
    sw_text_rewind(text, end);
    text->truncated = true;
}
