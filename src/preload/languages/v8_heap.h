/*
 * V8's heap, read from outside: tagged words, objects by their type, strings. The program goes on
 * while we read, and its collector moves what we have just heard of: every object is taken for what
 * its map says that it is or for nothing, and every length is bounded. Watchdog thread only.
 */
#ifndef SW_LANGUAGES_V8_HEAP_H
#define SW_LANGUAGES_V8_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/languages/v8_layout.h"

/* A small integer's value; false: it is none. */
bool sw_v8_small(uint64_t word, int64_t *value);
/* The word at `offset` of an object. false: it is no object, or cannot be read. */
bool sw_v8_field(uint64_t object, uint32_t offset, uint64_t *word);
/* A field that holds a small integer. */
bool sw_v8_small_field(uint64_t object, uint32_t offset, int64_t *value);
/* The instance type of an object; false: it is none. */
bool sw_v8_type(const struct sw_v8_layout *layout, uint64_t object, uint32_t *type);
bool sw_v8_is(const struct sw_v8_layout *layout, uint64_t object, uint32_t type);
/* Is it a map: what the first word of each object is, and so where one that lies behind another
 * begins? */
bool sw_v8_is_map(uint64_t object);
bool sw_v8_is_string(const struct sw_v8_layout *layout, uint64_t object);

/* Characters of a string; 0 where it is none. */
uint32_t sw_v8_string_length(const struct sw_v8_layout *layout, uint64_t string);
/* Up to `count` characters from `from` on. Returns how many, at least one where there are any that
 * can be read. */
size_t sw_v8_string_read(const struct sw_v8_layout *layout, uint64_t string, uint32_t from,
                         uint16_t *to, size_t count);
/* All of it as UTF-8, cut to `size` with its end. Returns bytes without the end; 0: empty, or no
 * string. */
size_t sw_v8_string_utf8(const struct sw_v8_layout *layout, uint64_t string, char *to, size_t size);

#endif
