/* See rule_lines.h. */
#include "preload/watch/kept/rule_lines.h"

#include <stdbool.h>
#include <string.h>

#define LINE_SHOWN 100

static void complain(struct sw_text *problems, const char *path, unsigned number, const char *line,
                     const char *expected)
{
    sw_text_escaped(problems, path, strlen(path), 300);
    sw_text_char(problems, ':');
    sw_text_unsigned(problems, number);
    sw_text_string(problems, ": \"");
    sw_text_escaped(problems, line, strlen(line), LINE_SHOWN);
    sw_text_string(problems, "\": ");
    sw_text_string(problems, expected);
    sw_text_string(problems, "; left out\n");
}

char *sw_rule_lines_trim(char *line)
{
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
        line[--length] = '\0';
    return line;
}

static const char *without_nul(char *line, size_t length, sw_rule_line_take take)
{
    if (memchr(line, '\0', length) != NULL)
        return "expected text, not a NUL byte";
    line = sw_rule_lines_trim(line);
    return *line == '\0' || *line == '#' ? NULL : take(line);
}

void sw_rule_lines_take(const char *path, char *bytes, size_t length, struct sw_text *problems,
                        sw_rule_line_take take)
{
    char *line = bytes, *end = bytes + length;
    for (unsigned number = 1; line < end; number++) {
        char as_written[LINE_SHOWN + 2]; /* one more than is shown: so that a cut is marked */
        char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t size = (size_t)((newline != NULL ? newline : end) - line);
        line[size] = '\0';
        as_written[0] = '\0';
        /* NOLINTNEXTLINE(clang-analyzer-unix.cstring.BadSizeArg): it is empty */
        strncat(as_written, line, sizeof as_written - 1);
        const char *expected = without_nul(line, size, take);
        if (expected != NULL)
            complain(problems, path, number, sw_rule_lines_trim(as_written), expected);
        line += size + 1;
    }
}
