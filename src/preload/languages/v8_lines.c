/*
 * See v8_lines.h. A table of source positions (src/codegen/source-position-table.cc) is a sequence
 * of pairs, numbers of seven bits a byte, the sign in the lowest bit: how much farther into the
 * code (one less, negated, where no statement begins there; from version 14 on with two flags below
 * it instead of the sign), and by how much the packed position grows: a bit, 30 bits of offset into
 * the script and 16 of the inlined call, both plus one. It begins before the code, at -1.
 */
#include "preload/languages/v8_lines.h"

#include <string.h>

#include "preload/languages/v8_heap.h"
#include "preload/stack/memory.h"

#define MOST_BYTES  (4 << 20)  /* of one table */
#define MOST_SOURCE (64 << 20) /* characters of a script that are looked through */
#define AT_ONCE     256
#define REMEMBERED  64

struct bytes {
    uint64_t at, end;
    uint8_t part[AT_ONCE];
    unsigned next, have;
};

static bool open_table(const struct sw_v8_layout *layout, uint64_t table, struct bytes *bytes)
{
    uint32_t type;
    int64_t length;
    if (!sw_v8_type(layout, table, &type) ||
        (type != layout->type_byte_array && type != layout->type_trusted_byte_array) ||
        !sw_v8_small_field(table, layout->array_length, &length) || length <= 0 ||
        length > MOST_BYTES)
        return false;
    bytes->at = table - 1 + layout->array_data;
    bytes->end = bytes->at + (uint64_t)length;
    bytes->next = bytes->have = 0;
    return true;
}

static bool next_byte(struct bytes *bytes, uint8_t *byte)
{
    if (bytes->next == bytes->have) {
        uint64_t left = bytes->end - bytes->at;
        bytes->have = left < AT_ONCE ? (unsigned)left : AT_ONCE;
        if (bytes->have == 0 || sw_memory_read(bytes->at, bytes->part, bytes->have) != 0)
            return false;
        bytes->at += bytes->have;
        bytes->next = 0;
    }
    *byte = bytes->part[bytes->next++];
    return true;
}

static bool next_bits(struct bytes *bytes, uint64_t *value)
{
    uint8_t byte;
    unsigned shift = 0;
    *value = 0;
    do {
        if (shift > 63 || !next_byte(bytes, &byte))
            return false;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return true;
}

static bool next_number(struct bytes *bytes, int64_t *value)
{
    uint64_t bits;
    if (!next_bits(bytes, &bits))
        return false;
    *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return true;
}

int64_t sw_v8_packed_at(const struct sw_v8_layout *layout, uint64_t table, int64_t offset)
{
    struct bytes bytes;
    int64_t code = -1, packed = 0, found = -1, growth;
    uint64_t step;
    if (!open_table(layout, table, &bytes))
        return -1;
    while (next_bits(&bytes, &step) && next_number(&bytes, &growth)) {
        if (step >> 34 != 0)
            return -1;
        code += (int64_t)(step >> (layout->flagged_positions ? 2 : 1));
        if (code > offset)
            break;
        packed = (int64_t)((uint64_t)packed + (uint64_t)growth);
        if (packed > 0 && (packed & 1) == 0) /* of a script */
            found = packed;
    }
    return found;
}

int64_t sw_v8_position_at(const struct sw_v8_layout *layout, uint64_t table, int64_t offset)
{
    int64_t packed = sw_v8_packed_at(layout, table, offset);
    return packed >= 0 ? SW_V8_PACKED_POSITION(packed) : -1;
}

/* How long the bytecode at `at` is, with its prefix: Wide and ExtraWide, and the debugger's forms
 * of them, are the first four. 0: it is none. */
static unsigned bytecode_length(const struct sw_v8_layout *layout, uint64_t at)
{
    uint8_t code[2];
    if (sw_memory_read(at, code, sizeof code) != 0)
        return 0;
    unsigned wide = code[0] < 4 ? 1 + (code[0] & 1) : 0;
    unsigned which = code[wide != 0];
    return which < layout->bytecodes ? layout->bytecode_size[wide][which] + (wide != 0) : 0;
}

int64_t sw_v8_bytecode_at(const struct sw_v8_layout *layout, uint64_t table, uint64_t bytecode,
                          uint64_t offset)
{
    struct bytes bytes;
    uint64_t end, step;
    int64_t at = -1, next = 0, length;
    if (layout->bytecodes == 0 || !open_table(layout, table, &bytes) ||
        !sw_v8_small_field(bytecode, layout->bytecode_length, &length) || !next_bits(&bytes, &end))
        return -1;
    while (end < offset) {
        unsigned size =
            next < length
                ? bytecode_length(layout, bytecode - 1 + layout->bytecode_data + (uint64_t)next)
                : 0;
        if (size == 0 || !next_bits(&bytes, &step) || step >> 32 != 0)
            return -1;
        end += step;
        at = next;
        next += size;
    }
    return at;
}

/* By the ends of lines that V8 has looked up itself, where it has. */
static uint32_t line_by_ends(const struct sw_v8_layout *layout, uint64_t ends, int64_t position)
{
    int64_t length, end;
    if (!sw_v8_is(layout, ends, layout->type_fixed_array) ||
        !sw_v8_small_field(ends, layout->array_length, &length) || length <= 0 ||
        length > MOST_SOURCE)
        return 0;
    int64_t low = 0, high = length;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (!sw_v8_small_field(ends, layout->array_data + (uint32_t)middle * 8, &end))
            return 0;
        if (end < position)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low + 1;
}

/* Lines end where JavaScript says: CR, LF, both, and Unicode's two separators. */
static uint32_t count_lines(const struct sw_v8_layout *layout, uint64_t source, int64_t position)
{
    uint16_t part[AT_ONCE], before = 0;
    uint32_t line = 1;
    for (int64_t at = 0; at < position;) {
        size_t want = position - at < AT_ONCE ? (size_t)(position - at) : AT_ONCE;
        size_t got = sw_v8_string_read(layout, source, (uint32_t)at, part, want);
        if (got == 0)
            return 0;
        for (size_t i = 0; i < got; i++) {
            line += (part[i] == '\n' && before != '\r') || part[i] == '\r' || part[i] == 0x2028 ||
                    part[i] == 0x2029;
            before = part[i];
        }
        at += (int64_t)got;
    }
    return line;
}

uint32_t sw_v8_line_of(const struct sw_v8_layout *layout, uint64_t script, int64_t position)
{
    /* The same few functions are met at each look, and a bundle's source is long. */
    static struct {
        uint64_t source;
        int64_t position;
        uint32_t length, line;
    } known[REMEMBERED];
    uint64_t source, ends;
    int64_t first = 0;
    if (!sw_v8_field(script, layout->script_source, &source) || position > MOST_SOURCE)
        return 0;
    uint32_t length = sw_v8_string_length(layout, source);
    if (position > length)
        return 0;
    if (!sw_v8_small_field(script, layout->script_line_offset, &first) || first < 0 ||
        first > INT32_MAX / 2)
        first = 0;
    unsigned slot = (unsigned)(((uint64_t)position ^ source >> 4) % REMEMBERED);
    if (known[slot].source != source || known[slot].position != position ||
        known[slot].length != length) {
        uint32_t line = sw_v8_field(script, layout->script_line_ends, &ends)
                            ? line_by_ends(layout, ends, position)
                            : 0;
        known[slot].line = line != 0 ? line : count_lines(layout, source, position);
        known[slot].source = source;
        known[slot].position = position;
        known[slot].length = length;
    }
    return known[slot].line != 0 ? known[slot].line + (uint32_t)first : 0;
}
