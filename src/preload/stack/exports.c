/*
 * See exports.h. Called by languages/ when a module is judged. The table's layout is the one that
 * the loader reads (elf/dl-lookup.c of glibc): a Bloom filter, then buckets, then chains of hashes
 * whose lowest bit ends them. Every number in it is checked by what memory.h can read.
 */
#include "preload/stack/exports.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "preload/stack/dynamic.h"
#include "preload/stack/memory.h"

#define MOST_CHAIN 100000 /* symbols of one bucket that are looked at */
#define MOST_NAME  128

struct table {
    struct sw_dynamic dynamic;
    uint32_t buckets, first; /* how many, and the first symbol that is in the table */
    uint64_t bucket_at, chain_at;
};

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (; *name != '\0'; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static bool open_table(const struct sw_module *module, struct table *table)
{
    uint32_t head[4]; /* buckets, first symbol, words of the filter, its shift */
    sw_dynamic_read(module, &table->dynamic);
    if (table->dynamic.gnu_hash == 0 || table->dynamic.symbols == 0 ||
        table->dynamic.strings == 0 ||
        sw_memory_read(table->dynamic.gnu_hash, head, sizeof head) != 0 || head[0] == 0)
        return false;
    table->buckets = head[0];
    table->first = head[1];
    table->bucket_at = table->dynamic.gnu_hash + sizeof head + UINT64_C(8) * head[2];
    table->chain_at = table->bucket_at + UINT64_C(4) * head[0];
    return true;
}

static bool is_named(const struct table *table, const Elf64_Sym *symbol, const char *name)
{
    char found[MOST_NAME];
    return sw_memory_string(table->dynamic.strings + symbol->st_name, found, sizeof found) == 0 &&
           strcmp(found, name) == 0;
}

int sw_exports_find(const struct sw_module *module, const char *name, uint64_t *address,
                    uint64_t *size)
{
    struct table table;
    uint32_t index, hash = hash_of(name);
    if (!open_table(module, &table) ||
        sw_memory_read(table.bucket_at + UINT64_C(4) * (hash % table.buckets), &index,
                       sizeof index) != 0 ||
        index < table.first)
        return -ENOENT;
    for (unsigned steps = 0; steps < MOST_CHAIN; steps++, index++) {
        uint32_t found;
        Elf64_Sym symbol;
        if (sw_memory_read(table.chain_at + UINT64_C(4) * (index - table.first), &found,
                           sizeof found) != 0)
            break;
        if ((found | 1) == (hash | 1) &&
            sw_memory_read(table.dynamic.symbols + sizeof symbol * (uint64_t)index, &symbol,
                           sizeof symbol) == 0 &&
            symbol.st_shndx != SHN_UNDEF && is_named(&table, &symbol, name)) {
            *address = module->bias + symbol.st_value;
            if (size != NULL)
                *size = symbol.st_size;
            return 0;
        }
        if (found & 1)
            break;
    }
    return -ENOENT;
}

uint64_t sw_exports_address(const struct sw_module *module, const char *name)
{
    uint64_t address = 0;
    return sw_exports_find(module, name, &address, NULL) == 0 ? address : 0;
}
