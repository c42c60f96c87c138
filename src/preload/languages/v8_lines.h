/*
 * Lines of JavaScript: from an offset into code to a position in the source, and from there to a
 * line. Watchdog thread only.
 */
#ifndef SW_LANGUAGES_V8_LINES_H
#define SW_LANGUAGES_V8_LINES_H

#include <stdint.h>

#include "preload/languages/v8_layout.h"

/* The position, in characters from the script's beginning, that holds at `offset` of bytecode, by
 * its table of source positions (a byte array). -1: it has none. */
int64_t sw_v8_position_at(const struct sw_v8_layout *layout, uint64_t table, int64_t offset);
/* The same as V8 packs it, of bytecode or of compiled code: the position, and which inlined call it
 * is in (-1: none). */
int64_t sw_v8_packed_at(const struct sw_v8_layout *layout, uint64_t table, int64_t offset);
#define SW_V8_PACKED_POSITION(packed) (((packed) >> 1 & 0x3fffffff) - 1)
#define SW_V8_PACKED_INLINED(packed)  (((packed) >> 31 & 0xffff) - 1)
/* Which bytecode the baseline compiler's code comes from that ends at `offset` or goes on there, by
 * its table: how many bytes it made of the function's entry and of each bytecode in turn. -1: of
 * the entry, or not to be had. */
int64_t sw_v8_bytecode_at(const struct sw_v8_layout *layout, uint64_t table, uint64_t bytecode,
                          uint64_t offset);
/* The line of a position in a script, counted from 1; 0: the source cannot be read so far. */
uint32_t sw_v8_line_of(const struct sw_v8_layout *layout, uint64_t script, int64_t position);

#endif
