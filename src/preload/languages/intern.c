/* See intern.h. An open hash table that never grows: when it is nearly full, new names are not
 * known. */
#include "preload/languages/intern.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/arena.h"
#include "common/hash.h"

#define PLACES      32768 /* a power of two */
#define MOST_KEPT   (PLACES / 4 * 3)
#define MEMORY_MOST (8u << 20)

static struct {
    uint64_t hash;
    const char *string;
} * places;
static unsigned kept;
static struct sw_arena arena = {.most = MEMORY_MOST};

static bool is_string(const char *string, const char *bytes, size_t length)
{
    return strncmp(string, bytes, length) == 0 && string[length] == '\0';
}

const char *sw_intern(const char *bytes, size_t length)
{
    if (places == NULL)
        places = sw_arena_alloc(&arena, PLACES * sizeof *places);
    if (places == NULL || length == 0 || memchr(bytes, '\0', length) != NULL)
        return NULL;
    uint64_t hash = sw_hash_finish(sw_hash_bytes(SW_HASH_START, bytes, length));
    unsigned at = (unsigned)hash & (PLACES - 1);
    for (; places[at].string != NULL; at = (at + 1) & (PLACES - 1))
        if (places[at].hash == hash && is_string(places[at].string, bytes, length))
            return places[at].string;
    if (kept == MOST_KEPT)
        return NULL;
    const char *string = sw_arena_copy(&arena, bytes, length);
    if (string == NULL)
        return NULL;
    kept++;
    places[at].hash = hash;
    places[at].string = string;
    return string;
}
