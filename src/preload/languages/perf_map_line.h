/*
 * One line of a perf map: "START SIZE name", both hexadecimal, with or without 0x; the name is all
 * that follows, blanks and all (tools/perf/Documentation/jit-interface.txt of Linux). Pure: bytes
 * in, numbers out.
 */
#ifndef SW_LANGUAGES_PERF_MAP_LINE_H
#define SW_LANGUAGES_PERF_MAP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_perf_map_line {
    uint64_t start, size;
    size_t name, length; /* where the name is in the line; never empty */
};

/* Reads a line of `length` bytes, its end taken off. false: it is none, or one that says nothing
 * (of size 0, past the end of memory, without a name). */
bool sw_perf_map_line(const char *bytes, size_t length, struct sw_perf_map_line *line);

#endif
