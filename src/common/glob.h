/*
 * Globs as shells have them (*, ?, [a-z], [!a-z], \x), over whole strings, byte by byte. A '*'
 * matches '/' too; a '[' without its ']' is itself. No locale, no malloc, never exponential in
 * time. Any thread.
 */
#ifndef SW_COMMON_GLOB_H
#define SW_COMMON_GLOB_H

#include <stdbool.h>

/* Is all of `string` what `pattern` says? */
bool sw_glob_match(const char *pattern, const char *string);
/* Does any of the comma-separated globs in `patterns` match? "*" matches all; an empty list, or an
 * empty glob in it, nothing. A comma in a glob is written \, (in brackets too). */
bool sw_glob_match_list(const char *patterns, const char *string);

#endif
