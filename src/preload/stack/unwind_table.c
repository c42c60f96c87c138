/*
 * .eh_frame_hdr (LSB, "Exception Frame Header"): version, three encodings, a pointer to .eh_frame,
 * a count, and a table of pairs.
 *
 * Called by unwind_libunwind.c and ARCHITECTURE/frame_pointer.c. Watchdog thread only. Read through
 * memory.h: the module may be unmapped meanwhile.
 */
#include "preload/stack/unwind_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "preload/stack/memory.h"

#define REMEMBERED 64 /* one for each module that hashes there */

/* Size of a number in the encodings that linkers use for its count and pointer; -1: another one. */
static int encoded_size(uint8_t encoding)
{
    switch (encoding & 0x0f) {
    case 0x02: /* udata2 */
    case 0x0a:
        return 2;
    case 0x03: /* udata4 */
    case 0x0b:
        return 4;
    case 0x00: /* absolute */
    case 0x04: /* udata8 */
    case 0x0c:
        return 8;
    default:
        return -1;
    }
}

static int parse(const struct sw_module *module, struct sw_unwind_table *table)
{
    uint8_t head[4];
    uint64_t count = 0, at = module->eh_frame_hdr;
    if (!at || sw_memory_read(at, head, sizeof head) < 0)
        return -ENODATA;
    int pointer_size = encoded_size(head[1]), count_size = encoded_size(head[2]);
    /* libunwind searches tables of datarel|sdata4 pairs only; all linkers make these */
    if (head[0] != 1 || pointer_size < 0 || count_size < 0 || head[3] != 0x3b)
        return -ENODATA;
    at += sizeof head + (unsigned)pointer_size;
    if (sw_memory_read(at, &count, (unsigned)count_size) < 0)
        return -ENODATA;
    at += (unsigned)count_size;
    if (count == 0 || at >= module->high || count > (module->high - at) / 8)
        return -ENODATA;
    table->address = at;
    table->count = count;
    return 0;
}

const struct sw_unwind_table *sw_unwind_table_of(const struct sw_module *module)
{
    static struct {
        const struct sw_module *module;
        struct sw_unwind_table table;
    } remembered[REMEMBERED];
    unsigned index = (unsigned)((uintptr_t)module / sizeof *module % REMEMBERED);
    if (remembered[index].module != module) {
        remembered[index].module = NULL;
        if (parse(module, &remembered[index].table) < 0)
            return NULL;
        remembered[index].module = module;
    }
    return &remembered[index].table;
}

/* Both numbers of the pair at `index`, as addresses; false where they cannot be read. */
static bool read_pair(const struct sw_module *module, const struct sw_unwind_table *table,
                      uint64_t index, uint64_t pair[2])
{
    int32_t relative[2];
    if (sw_memory_read(table->address + index * 8, relative, sizeof relative) < 0)
        return false;
    pair[0] = module->eh_frame_hdr + (uint64_t)(int64_t)relative[0];
    pair[1] = module->eh_frame_hdr + (uint64_t)(int64_t)relative[1];
    return true;
}

/* How many functions begin at or before `ip`; the last of them in `pair`. 0: none. */
static uint64_t search(const struct sw_module *module, const struct sw_unwind_table *table,
                       uint64_t ip, uint64_t pair[2])
{
    uint64_t low = 0, high = table->count, middle_pair[2];
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (!read_pair(module, table, middle, middle_pair))
            return 0;
        if (middle_pair[0] <= ip) {
            memcpy(pair, middle_pair, sizeof middle_pair);
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint64_t sw_unwind_table_start(const struct sw_module *module, uint64_t ip)
{
    const struct sw_unwind_table *table = sw_unwind_table_of(module);
    uint64_t pair[2];
    return table != NULL && search(module, table, ip, pair) != 0 ? pair[0] : 0;
}

uint64_t sw_unwind_table_entry(const struct sw_module *module, uint64_t start)
{
    const struct sw_unwind_table *table = sw_unwind_table_of(module);
    uint64_t pair[2];
    return table != NULL && search(module, table, start, pair) != 0 && pair[0] == start ? pair[1]
                                                                                        : 0;
}

uint64_t sw_unwind_table_next(const struct sw_module *module, uint64_t start)
{
    const struct sw_unwind_table *table = sw_unwind_table_of(module);
    uint64_t pair[2];
    uint64_t at = table != NULL ? search(module, table, start, pair) : 0;
    return at != 0 && at < table->count && read_pair(module, table, at, pair) ? pair[0] : 0;
}
