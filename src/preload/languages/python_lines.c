/*
 * See python_lines.h. The formats: Objects/lnotab_notes.txt of 3.9 and of 3.10,
 * Objects/locations.md of 3.11. What the compiler adds of its own has no line: the one before
 * stands for it.
 */
#include "preload/languages/python_lines.h"

#include <stdbool.h>

#define NO_LINE (-128) /* of 3.10's line deltas */

/* Kinds of entry of 3.11's table; those below are short forms with no line of their own. */
enum { ONE_LINE_0 = 10, ONE_LINE_1, ONE_LINE_2, NO_COLUMNS, LONG };

static uint32_t line_of(int64_t line)
{
    return line > 0 && line <= INT32_MAX ? (uint32_t)line : 0;
}

/* Pairs of bytes: how far the address and the line go on. */
static uint32_t by_lnotab(const uint8_t *table, size_t size, int64_t line, int64_t offset)
{
    int64_t address = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        address += table[i];
        if (address > offset)
            break;
        line += (int8_t)table[i + 1];
    }
    return line_of(line);
}

/* Pairs of bytes: how long a range is, and its line relative to the one before. */
static uint32_t by_ranges(const uint8_t *table, size_t size, int64_t line, int64_t offset)
{
    int64_t end = 0;
    for (size_t i = 0; i + 1 < size; i += 2) {
        int8_t delta = (int8_t)table[i + 1];
        end += table[i];
        if (delta != NO_LINE)
            line += delta;
        if (offset < end)
            return line_of(line);
    }
    return 0;
}

/* A number in groups of six bits, lowest first; its lowest bit is the sign. */
static int64_t signed_number(const uint8_t *table, size_t size, size_t *at)
{
    uint64_t value = 0;
    for (unsigned shift = 0; *at < size && shift < 60; shift += 6) {
        uint8_t byte = table[(*at)++];
        value |= (uint64_t)(byte & 63) << shift;
        if (!(byte & 64))
            break;
    }
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* Entries whose first byte has its highest bit set; what follows up to the next one are numbers. */
static uint32_t by_locations(const uint8_t *table, size_t size, int64_t line, int64_t offset)
{
    int64_t end = 0;
    for (size_t at = 0; at < size;) {
        uint8_t first = table[at++];
        unsigned kind = first >> 3 & 15;
        end += 2 * ((first & 7) + 1);
        if (kind == LONG || kind == NO_COLUMNS)
            line += signed_number(table, size, &at);
        else if (kind >= ONE_LINE_0 && kind <= ONE_LINE_2)
            line += kind - ONE_LINE_0;
        if (offset < end)
            return line_of(line);
        while (at < size && !(table[at] & 128))
            at++;
    }
    return 0;
}

uint32_t sw_python_line(enum sw_python_lines format, const uint8_t *table, size_t size,
                        uint32_t first_line, int64_t offset)
{
    uint32_t line = 0;
    if (offset < 0)
        return first_line;
    if (format == SW_PYTHON_LNOTAB)
        line = by_lnotab(table, size, first_line, offset);
    else if (format == SW_PYTHON_RANGES)
        line = by_ranges(table, size, first_line, offset);
    else
        line = by_locations(table, size, first_line, offset);
    return line;
}
