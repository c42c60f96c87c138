/* See memory_pool.h. */
#include "preload/watch/kept/memory_pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MOST_FOR_GOOD  (UINT64_C(256) << 20)
#define MOST_A_CAPTURE (UINT64_C(64) << 20)

static struct sw_arena for_good;
static struct sw_arena captures[SW_POOL_ASIDE + 1];
static bool aside[SW_POOL_ASIDE + 1];
static unsigned current; /* of `captures`; never set aside */

void sw_pool_start(void)
{
    sw_arena_init(&for_good, MOST_FOR_GOOD);
    for (unsigned i = 0; i <= SW_POOL_ASIDE; i++) {
        sw_arena_init(&captures[i], MOST_A_CAPTURE);
        aside[i] = false;
    }
}

void *sw_pool_alloc(size_t size)
{
    return sw_arena_alloc(&for_good, size);
}

const char *sw_pool_string(const char *string)
{
    return string != NULL ? sw_arena_copy(&for_good, string, strlen(string)) : NULL;
}

struct sw_arena *sw_pool_capture(void)
{
    return &captures[current];
}

struct sw_arena *sw_pool_set_aside(void)
{
    struct sw_arena *kept = &captures[current];
    for (unsigned i = 0; i <= SW_POOL_ASIDE; i++) {
        if (i == current || aside[i])
            continue;
        aside[current] = true;
        current = i;
        return kept;
    }
    return NULL;
}

void sw_pool_give_back(struct sw_arena *arena)
{
    sw_arena_reset(arena);
    aside[arena - captures] = false;
}
