/* See memory_pool.h. */
#include "preload/watch/memory_pool.h"

#include <stdint.h>
#include <string.h>

#define MOST_FOR_GOOD  (UINT64_C(256) << 20)
#define MOST_A_CAPTURE (UINT64_C(64) << 20)

static struct sw_arena for_good, capture;

void sw_pool_start(void)
{
    sw_arena_init(&for_good, MOST_FOR_GOOD);
    sw_arena_init(&capture, MOST_A_CAPTURE);
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
    return &capture;
}
