/*
 * Lines of a file, one at a time, in memory that does not grow with the file: a line longer than
 * the bound is passed over, however long it is. One thread.
 */
#ifndef SW_COMMAND_LINES_H
#define SW_COMMAND_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The library's own lines are below 4 MiB. */
#define SW_LINE_MOST (8u << 20)

struct sw_lines {
    int fd;
    char *buffer;
    size_t size, start, end;
    bool at_end;
    int error;         /* errno of a read that failed; 0 */
    uint64_t consumed; /* bytes read from the file so far */
    uint64_t number;   /* of the line that was last returned, from 1 */
};

enum sw_lines_kind { SW_LINES_END, SW_LINES_LINE, SW_LINES_TOO_LONG };

/* `fd` stays the caller's. */
void sw_lines_start(struct sw_lines *lines, int fd);
/* The next line, without its '\n', valid until the next call. `*whole`: it ended with '\n'. */
enum sw_lines_kind sw_lines_next(struct sw_lines *lines, char **line, size_t *length, bool *whole);
void sw_lines_end(struct sw_lines *lines);

#endif
