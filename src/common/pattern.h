/* Paths with % codes: %p pid, %e base name of the program's file, %t start time, %h host, %% a
 * percent sign. */
#ifndef SW_COMMON_PATTERN_H
#define SW_COMMON_PATTERN_H

#include <stdint.h>

#include "common/text.h"

struct sw_pattern_values {
    uint64_t pid;
    const char *exe;     /* base name; a '/' in it cannot be */
    uint64_t start_time; /* seconds since 1970 */
    const char *host;
};

/* Appends `pattern` with its codes replaced. An unknown code stays as it is. '/' and control bytes
 * in a value become '_'. Returns 0, or -ENAMETOOLONG where `text` was too small. */
int sw_pattern_expand(struct sw_text *text, const char *pattern,
                      const struct sw_pattern_values *values);

#endif
