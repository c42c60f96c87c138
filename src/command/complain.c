/* See complain.h. Called by every room of the command; there is one thread. */
#include "command/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"

#define ARGUMENT_SHOWN 300

static const char *speaker;

void sw_complain_as(const char *subcommand)
{
    speaker = subcommand;
}

static void begin(struct sw_text *text)
{
    sw_text_string(text, "stallwatch");
    if (speaker != NULL) {
        sw_text_char(text, ' ');
        sw_text_string(text, speaker);
    }
    sw_text_string(text, ": ");
}

/* One write(2), so that lines of several processes do not mix. */
static void say(struct sw_text *text)
{
    if (text->truncated)
        sw_text_rewind(text, text->size - 2);
    sw_text_char(text, '\n');
    if (write(STDERR_FILENO, text->data, text->length) < 0)
        return; /* there is nowhere else to say it */
}

static void complain(const char *format, va_list arguments)
{
    char buffer[2048];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    begin(&text);
    for (; *format != '\0'; format++) {
        if (format[0] == '%' && format[1] == 's') {
            const char *argument = va_arg(arguments, const char *);
            sw_text_escaped(&text, argument, argument == NULL ? 0 : strlen(argument),
                            ARGUMENT_SHOWN);
            format++;
        } else {
            sw_text_char(&text, *format);
        }
    }
    say(&text);
}

void sw_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
}

int sw_complain_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments);
    va_end(arguments);
    return SW_EXIT_USAGE;
}

void sw_complain_line(const char *line, size_t length)
{
    char buffer[2048];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    begin(&text);
    sw_text_bytes(&text, line, length);
    say(&text);
}

int sw_flush_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    sw_complain("cannot write to standard output");
    return SW_EXIT_FAILURE;
}

void *sw_need_memory(void *memory)
{
    if (memory != NULL)
        return memory;
    sw_complain("out of memory");
    exit(SW_EXIT_FAILURE);
}
