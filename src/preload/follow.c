/*
 * See follow.h. ld.so(8) separates the entries of LD_PRELOAD by colons or spaces. An entry is ours
 * if its base name is libstallwatch.so, with or without a version.
 */
#include "preload/follow.h"

#include <stdbool.h>
#include <string.h>

#define VARIABLE "LD_PRELOAD="
#define OWN_NAME "libstallwatch.so"

static bool is_ours(const char *entry, size_t length)
{
    const char *base = entry;
    for (size_t i = 0; i < length; i++)
        if (entry[i] == '/')
            base = entry + i + 1;
    size_t left = length - (size_t)(base - entry), own = strlen(OWN_NAME);
    return left >= own && memcmp(base, OWN_NAME, own) == 0 && (left == own || base[own] == '.');
}

/* Leaves in `list` what is not ours, with the separators between. */
static void remove_own(char *list)
{
    char *to = list;
    const char *from = list;
    while (*from != '\0') {
        size_t length = strcspn(from, ": ");
        if (length > 0 && !is_ours(from, length)) {
            if (to != list)
                *to++ = ':';
            memmove(to, from, length);
            to += length;
        }
        from += length + (from[length] != '\0');
    }
    *to = '\0';
}

void sw_follow_stop(char **environment)
{
    size_t prefix = strlen(VARIABLE);
    for (char **entry = environment; entry != NULL && *entry != NULL;) {
        if (strncmp(*entry, VARIABLE, prefix) != 0) {
            entry++;
            continue;
        }
        remove_own(*entry + prefix);
        if ((*entry)[prefix] != '\0') {
            entry++;
            continue;
        }
        for (char **rest = entry; *rest != NULL; rest++)
            rest[0] = rest[1];
    }
}
