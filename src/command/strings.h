/*
 * Each string once: names of functions, files and programs come again in every line of a log, so
 * the merge keeps one copy of each and compares pointers. Also the table it is built on: from 64
 * bits of hash to something that the caller compares.
 *
 * One thread; memory is never given back before the command ends.
 */
#ifndef SW_COMMAND_STRINGS_H
#define SW_COMMAND_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer names are cut to this (in the middle of no UTF-8 character). */
#define SW_STRING_MOST 4000

struct sw_table_entry {
    uint64_t hash;
    void *value; /* NULL: free */
};
struct sw_table {
    struct sw_table_entry *entries;
    size_t size, used; /* size: a power of two, or 0 */
};
typedef bool (*sw_table_same)(const void *value, const void *key);

/* The value whose hash is `hash` and for which same(value, key) holds; NULL where there is none. */
void *sw_table_find(const struct sw_table *table, uint64_t hash, sw_table_same same,
                    const void *key);
/* Adds one that is not there. Ends the command where there is no memory. */
void sw_table_add(struct sw_table *table, uint64_t hash, void *value);
/* Takes out exactly `value`; nothing where it is not there. */
void sw_table_remove(struct sw_table *table, uint64_t hash, const void *value);

/* The one copy of `string`; NULL for NULL. Bytes that are not UTF-8 cannot be: JSON has none. */
const char *sw_string(const char *string);

#endif
