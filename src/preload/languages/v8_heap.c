/*
 * See v8_heap.h. A pointer to an object has its lowest bit set; a small integer (Smi) is in a
 * word's upper half, the lower one 0. Strings: the low bits of their type say how the characters
 * are kept (src/objects/instance-type.h), in all versions alike.
 */
#include "preload/languages/v8_heap.h"

#include <string.h>

#include "preload/stack/memory.h"

#define MOST_STEPS 64 /* from a string to the one that has its characters */
#define AT_ONCE    256
#define ONE_BYTE   8
#define UNCACHED   16 /* of external ones: where the characters are only the embedder knows */

enum representation { SEQUENTIAL, CONS, EXTERNAL, SLICED, THIN = 5 };

bool sw_v8_small(uint64_t word, int64_t *value)
{
    *value = (int64_t)word >> 32;
    return (word & 0xffffffff) == 0;
}

bool sw_v8_field(uint64_t object, uint32_t offset, uint64_t *word)
{
    return (object & 3) == 1 && offset != SW_V8_NONE &&
           sw_memory_read(object - 1 + offset, word, sizeof *word) == 0;
}

bool sw_v8_small_field(uint64_t object, uint32_t offset, int64_t *value)
{
    uint64_t word;
    return sw_v8_field(object, offset, &word) && sw_v8_small(word, value);
}

bool sw_v8_type(const struct sw_v8_layout *layout, uint64_t object, uint32_t *type)
{
    uint64_t map;
    uint16_t found;
    if (!sw_v8_field(object, 0, &map) || (map & 3) != 1 ||
        sw_memory_read(map - 1 + layout->map_type, &found, sizeof found) != 0)
        return false;
    *type = found;
    return true;
}

bool sw_v8_is(const struct sw_v8_layout *layout, uint64_t object, uint32_t type)
{
    uint32_t found;
    return sw_v8_type(layout, object, &found) && found == type;
}

/* The map of maps is its own. */
bool sw_v8_is_map(uint64_t object)
{
    uint64_t map, of_maps;
    return sw_v8_field(object, 0, &map) && sw_v8_field(map, 0, &of_maps) && map == of_maps;
}

bool sw_v8_is_string(const struct sw_v8_layout *layout, uint64_t object)
{
    uint32_t type;
    return sw_v8_type(layout, object, &type) && type < layout->not_string;
}

uint32_t sw_v8_string_length(const struct sw_v8_layout *layout, uint64_t string)
{
    int32_t length;
    if (!sw_v8_is_string(layout, string) ||
        sw_memory_read(string - 1 + layout->string_length, &length, sizeof length) != 0)
        return 0;
    return length > 0 ? (uint32_t)length : 0;
}

/* Where the characters are that begin at `*from` of the string: address, width, and how many follow
 * at once. */
struct flat {
    uint64_t address;
    unsigned width;
    uint32_t count;
};

static bool flatten(const struct sw_v8_layout *layout, uint64_t string, uint32_t from,
                    struct flat *flat)
{
    uint64_t left, chars;
    int64_t offset;
    uint32_t type, most = UINT32_MAX;
    for (unsigned step = 0; step < MOST_STEPS; step++) {
        uint32_t length = sw_v8_string_length(layout, string);
        if (from >= length || !sw_v8_type(layout, string, &type))
            return false;
        flat->count = length - from < most ? length - from : most;
        flat->width = type & ONE_BYTE ? 1 : 2;
        switch (type & 7) {
        case SEQUENTIAL:
            flat->address = string - 1 + layout->string_chars + (uint64_t)from * flat->width;
            return true;
        case EXTERNAL:
            if ((type & UNCACHED) || !sw_v8_field(string, layout->external_data, &chars))
                return false;
            flat->address = chars + (uint64_t)from * flat->width;
            return true;
        case CONS:
            if (!sw_v8_field(string, layout->cons_first, &left))
                return false;
            length = sw_v8_string_length(layout, left);
            if (from >= length) {
                from -= length;
                if (!sw_v8_field(string, layout->cons_second, &left))
                    return false;
            }
            string = left;
            break;
        case SLICED:
            if (!sw_v8_small_field(string, layout->sliced_offset, &offset) || offset < 0 ||
                offset > INT32_MAX || !sw_v8_field(string, layout->sliced_parent, &string))
                return false;
            from += (uint32_t)offset;
            most = flat->count;
            break;
        case THIN:
            if (!sw_v8_field(string, layout->thin_actual, &string))
                return false;
            break;
        default:
            return false;
        }
    }
    return false;
}

size_t sw_v8_string_read(const struct sw_v8_layout *layout, uint64_t string, uint32_t from,
                         uint16_t *to, size_t count)
{
    struct flat flat;
    uint8_t bytes[AT_ONCE * 2];
    if (!flatten(layout, string, from, &flat))
        return 0;
    if (count > flat.count)
        count = flat.count;
    if (count > AT_ONCE)
        count = AT_ONCE;
    if (sw_memory_read(flat.address, bytes, count * flat.width) != 0)
        return 0;
    if (flat.width == 2)
        memcpy(to, bytes, count * 2);
    for (size_t i = 0; flat.width == 1 && i < count; i++)
        to[i] = bytes[i];
    return count;
}

static size_t encode(uint32_t code, char *to)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | code >> 6 * more);
    for (unsigned i = 1; i <= more; i++)
        to[i] = (char)(0x80 | (code >> 6 * (more - i) & 0x3f));
    return more + 1;
}

size_t sw_v8_string_utf8(const struct sw_v8_layout *layout, uint64_t string, char *to, size_t size)
{
    uint32_t length = sw_v8_string_length(layout, string);
    size_t done = 0;
    uint16_t part[AT_ONCE];
    uint32_t high = 0; /* the first half of a surrogate pair */
    for (uint32_t at = 0; at < length && done + 4 < size;) {
        size_t got = sw_v8_string_read(layout, string, at, part, AT_ONCE);
        if (got == 0)
            break;
        at += (uint32_t)got;
        for (size_t i = 0; i < got && done + 4 < size; i++) {
            uint32_t code = part[i];
            if ((code & 0xfc00) == 0xd800) {
                high = code;
                continue;
            }
            if ((code & 0xfc00) == 0xdc00)
                code = high != 0 ? 0x10000 + ((high & 0x3ff) << 10) + (code & 0x3ff) : 0xfffd;
            high = 0;
            done += encode(code, to + done);
        }
    }
    if (size > 0)
        to[done] = '\0';
    return done;
}
