/* See lines.h. Called by load.c. */
#include "command/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/complain.h"

#define FIRST_SIZE (256u << 10)

void sw_lines_start(struct sw_lines *lines, int fd)
{
    memset(lines, 0, sizeof *lines);
    lines->fd = fd;
    lines->size = FIRST_SIZE;
    lines->buffer = sw_need_memory(malloc(lines->size));
}

void sw_lines_end(struct sw_lines *lines)
{
    free(lines->buffer);
    lines->buffer = NULL;
}

/* Reads more behind what is there; false where nothing more comes. */
static bool fill(struct sw_lines *lines)
{
    ssize_t got;
    do
        got = read(lines->fd, lines->buffer + lines->end, lines->size - lines->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        lines->error = errno;
    if (got <= 0) {
        lines->at_end = true;
        return false;
    }
    lines->end += (size_t)got;
    lines->consumed += (uint64_t)got;
    return true;
}

/* Makes room for more of the line that begins at `start`; false where it is as long as may be. */
static bool make_room(struct sw_lines *lines)
{
    if (lines->start > 0) {
        memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->end < lines->size)
        return true;
    if (lines->size >= SW_LINE_MOST)
        return false;
    lines->size *= 2;
    lines->buffer = sw_need_memory(realloc(lines->buffer, lines->size));
    return true;
}

/* Passes over the rest of a line that is too long. */
static void pass_over(struct sw_lines *lines)
{
    for (;;) {
        char *newline = memchr(lines->buffer + lines->start, '\n', lines->end - lines->start);
        if (newline != NULL) {
            lines->start = (size_t)(newline - lines->buffer) + 1;
            return;
        }
        lines->start = lines->end = 0;
        if (lines->at_end || !fill(lines))
            return;
    }
}

enum sw_lines_kind sw_lines_next(struct sw_lines *lines, char **line, size_t *length, bool *whole)
{
    size_t searched = 0;
    for (;;) {
        char *from = lines->buffer + lines->start + searched;
        char *newline = memchr(from, '\n', lines->end - lines->start - searched);
        if (newline != NULL || (lines->at_end && lines->end > lines->start)) {
            *line = lines->buffer + lines->start;
            *whole = newline != NULL;
            *length = newline != NULL ? (size_t)(newline - *line) : lines->end - lines->start;
            lines->start += *length + *whole;
            lines->number++;
            return SW_LINES_LINE;
        }
        if (lines->at_end)
            return SW_LINES_END;
        searched = lines->end - lines->start;
        if (lines->end == lines->size && !make_room(lines)) {
            lines->number++;
            pass_over(lines);
            return SW_LINES_TOO_LONG;
        }
        fill(lines);
    }
}
