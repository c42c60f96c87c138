/*
 * See strings.h. Open addressing with linear probing; taking out moves later entries up, so there
 * are no tombstones.
 */
#include "command/strings.h"

#include <stdlib.h>
#include <string.h>

#include "command/complain.h"
#include "common/hash.h"

#define CHUNK (64u << 10)

static size_t home(const struct sw_table *table, uint64_t hash)
{
    return (size_t)hash & (table->size - 1);
}

void *sw_table_find(const struct sw_table *table, uint64_t hash, sw_table_same same,
                    const void *key)
{
    if (table->size == 0)
        return NULL;
    for (size_t at = home(table, hash); table->entries[at].value != NULL;
         at = (at + 1) & (table->size - 1))
        if (table->entries[at].hash == hash && same(table->entries[at].value, key))
            return table->entries[at].value;
    return NULL;
}

static void put(struct sw_table *table, uint64_t hash, void *value)
{
    size_t at = home(table, hash);
    while (table->entries[at].value != NULL)
        at = (at + 1) & (table->size - 1);
    table->entries[at].hash = hash;
    table->entries[at].value = value;
    table->used++;
}

static void grow(struct sw_table *table)
{
    struct sw_table larger = {NULL, table->size == 0 ? 64 : table->size * 2, 0};
    larger.entries = sw_need_memory(calloc(larger.size, sizeof *larger.entries));
    for (size_t i = 0; i < table->size; i++)
        if (table->entries[i].value != NULL)
            put(&larger, table->entries[i].hash, table->entries[i].value);
    free(table->entries);
    *table = larger;
}

void sw_table_add(struct sw_table *table, uint64_t hash, void *value)
{
    if (table->used * 4 >= table->size * 3)
        grow(table);
    put(table, hash, value);
}

void sw_table_remove(struct sw_table *table, uint64_t hash, const void *value)
{
    if (table->size == 0)
        return;
    size_t mask = table->size - 1, at = home(table, hash);
    while (table->entries[at].value != value) {
        if (table->entries[at].value == NULL)
            return;
        at = (at + 1) & mask;
    }
    table->used--;
    for (size_t next = (at + 1) & mask; table->entries[next].value != NULL;
         next = (next + 1) & mask) {
        size_t wanted = home(table, table->entries[next].hash);
        /* May it stand at `at`? Not if its home lies between the two. */
        if (((next - wanted) & mask) >= ((next - at) & mask)) {
            table->entries[at] = table->entries[next];
            at = next;
        }
    }
    table->entries[at].value = NULL;
}

struct key {
    const char *bytes;
    size_t length;
};

static bool same_string(const void *value, const void *key)
{
    const struct key *wanted = key;
    return strncmp(value, wanted->bytes, wanted->length) == 0 &&
           ((const char *)value)[wanted->length] == '\0';
}

static char *allocate(size_t size)
{
    static char *chunk;
    static size_t room;
    if (size > room) {
        room = CHUNK;
        chunk = sw_need_memory(malloc(room));
    }
    char *memory = chunk;
    chunk += size;
    room -= size;
    return memory;
}

const char *sw_string(const char *string)
{
    static struct sw_table strings;
    if (string == NULL)
        return NULL;
    struct key key = {string, strnlen(string, SW_STRING_MOST)};
    if (string[key.length] != '\0')
        while (key.length > 0 && ((unsigned char)string[key.length] & 0xc0) == 0x80)
            key.length--;
    uint64_t hash = sw_hash_finish(sw_hash_bytes(SW_HASH_START, key.bytes, key.length));
    char *found = sw_table_find(&strings, hash, same_string, &key);
    if (found != NULL)
        return found;
    found = allocate(key.length + 1);
    memcpy(found, key.bytes, key.length);
    found[key.length] = '\0';
    sw_table_add(&strings, hash, found);
    return found;
}
