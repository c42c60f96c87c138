/* See findings.h. */
#include "command/findings.h"

#include <string.h>

#include "common/text.h"

void sw_findings_add(struct sw_examination *examination, enum sw_finding_kind kind,
                     const char *format, const char *argument, const char *advice)
{
    if (examination->count == SW_FINDINGS)
        return;
    struct sw_finding *finding = &examination->findings[examination->count++];
    struct sw_text text;
    finding->kind = kind;
    sw_text_init(&text, finding->text, sizeof finding->text);
    for (; *format != '\0'; format++) {
        if (format[0] == '%' && format[1] == 's') {
            sw_text_escaped(&text, argument, strlen(argument), 200);
            format++;
        } else {
            sw_text_char(&text, *format);
        }
    }
    sw_text_init(&text, finding->advice, sizeof finding->advice);
    sw_text_string(&text, advice);
}

bool sw_findings_are_fatal(const struct sw_examination *examination)
{
    for (unsigned i = 0; i < examination->count; i++)
        if (examination->findings[i].kind == SW_FINDING_FATAL)
            return true;
    return false;
}
