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
/* The line of a position in a script, counted from 1; 0: the source cannot be read so far. */
uint32_t sw_v8_line_of(const struct sw_v8_layout *layout, uint64_t script, int64_t position);

#endif
