/* Objects as V8 lays them out, made by hand: words, the first of which is the map. */
#ifndef SW_TESTS_V8_FIXTURE_H
#define SW_TESTS_V8_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>

#include "preload/stack/memory.h"

static inline uint64_t tagged(const void *object)
{
    return (uint64_t)(uintptr_t)object + 1;
}

static inline uint64_t small(int64_t value)
{
    return (uint64_t)value << 32;
}

/* An object of so many words, the first of which is the map. */
static inline uint64_t *object(unsigned type, unsigned words)
{
    uint16_t *map = calloc(1, 64);
    map[6] = (uint16_t)type;
    uint64_t *made = calloc(words, 8);
    made[0] = tagged(map);
    sw_memory_forget();
    return made;
}

/* Numbers of seven bits a byte. Returns bytes written. */
static inline size_t put_bits(uint8_t *to, uint64_t bits)
{
    size_t length = 0;
    do {
        to[length] = (uint8_t)((bits & 0x7f) | (bits > 0x7f ? 0x80 : 0));
        bits >>= 7;
        length++;
    } while (bits > 0);
    return length;
}

#endif
