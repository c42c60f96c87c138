/*
 * From a position in a code object's instructions to a line of source, by the three formats of
 * table that CPython has had. Pure; the table's bytes are hostile.
 */
#ifndef SW_LANGUAGES_PYTHON_LINES_H
#define SW_LANGUAGES_PYTHON_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "preload/languages/python_layout.h"

/* The line of the instruction at byte `offset` (negative: before the first). 0: it has none. */
uint32_t sw_python_line(enum sw_python_lines format, const uint8_t *table, size_t size,
                        uint32_t first_line, int64_t offset);

#endif
