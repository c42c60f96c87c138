/*
 * The lines of source around a place that a log names, for a page that shows them.
 *
 * A log may have come from anywhere, and the page may go anywhere: so only regular files whose
 * names say that they are source are opened, nothing under /proc, /sys and /dev, and little is
 * read.
 */
#ifndef SW_COMMAND_SOURCE_LINES_H
#define SW_COMMAND_SOURCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SW_SOURCE_AROUND 4   /* lines before and behind */
#define SW_SOURCE_WIDTH  240 /* bytes shown of a line */

struct sw_source {
    uint32_t first; /* the number of the first line given */
    unsigned count;
    char *lines[SW_SOURCE_AROUND * 2 + 1]; /* without their ends; allocated, sw_source_release */
    int64_t changed_ms;                    /* when the file was last written, since 1970 */
};

/* False where the file is none that is shown, cannot be read, or has no such line (then there is
 * nothing to release). A relative name is looked for from the working directory on. */
bool sw_source_read(struct sw_source *source, const char *file, uint32_t line);
void sw_source_release(struct sw_source *source);

#endif
