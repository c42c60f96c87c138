/*
 * Globs over bytes; see glob.h. Called with STALLWATCH_ONLY when a process starts and with the
 * rules of suppression files on the watchdog thread. Not fnmatch(3): that one looks at the locale,
 * may allocate, and takes exponential time for patterns with many stars.
 *
 * Only the last star is ever gone back to: whatever an earlier one would match besides, the later
 * can too.
 */
#include "common/glob.h"

#include <stddef.h>
#include <string.h>

/* A set from behind its '[' on. Returns what is behind its ']', or NULL where it has none (then '['
 * is itself). */
static const char *match_set(const char *at, const char *end, unsigned char c, bool *matched)
{
    bool inverted = at < end && (*at == '!' || *at == '^');
    bool found = false;
    at += inverted;
    for (const char *first = at; at < end; at++) {
        if (*at == ']' && at != first) {
            *matched = found != inverted;
            return at + 1;
        }
        if (*at == '\\' && at + 1 < end)
            at++;
        unsigned char low = (unsigned char)*at, high = low;
        if (end - at > 2 && at[1] == '-' && at[2] != ']') {
            at += 2;
            if (*at == '\\' && at + 1 < end)
                at++;
            high = (unsigned char)*at;
        }
        if (low <= c && c <= high)
            found = true;
    }
    return NULL;
}

/* Matches one byte. Returns the rest of the pattern, or NULL where it does not match. */
static const char *match_one(const char *pattern, const char *end, char c)
{
    if (pattern == end)
        return NULL;
    if (*pattern == '?')
        return pattern + 1;
    if (*pattern == '[') {
        bool matched = false;
        const char *rest = match_set(pattern + 1, end, (unsigned char)c, &matched);
        if (rest != NULL)
            return matched ? rest : NULL;
    }
    if (*pattern == '\\' && pattern + 1 < end)
        pattern++;
    return *pattern == c ? pattern + 1 : NULL;
}

static bool match(const char *pattern, const char *end, const char *string)
{
    const char *star = NULL, *star_string = NULL;
    while (*string != '\0') {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            star_string = string;
            continue;
        }
        const char *rest = match_one(pattern, end, *string);
        if (rest != NULL) {
            pattern = rest;
            string++;
        } else if (star != NULL) {
            pattern = star;
            string = ++star_string;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

bool sw_glob_match(const char *pattern, const char *string)
{
    return match(pattern, pattern + strlen(pattern), string);
}

bool sw_glob_match_list(const char *patterns, const char *string)
{
    const char *start = patterns;
    for (const char *at = patterns;; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == ',' || *at == '\0') {
            if (at != start && match(start, at, string))
                return true;
            if (*at == '\0')
                return false;
            start = at + 1;
        }
    }
}
