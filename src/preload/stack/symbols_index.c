/*
 * A sorted index of functions, and the search in it.
 *
 * Called by symbols.c when a table is loaded, and by the resolver for each frame. Watchdog thread
 * only.
 *
 * A merge sort, bottom up: no recursion (the watchdog's stack is small), no quadratic case (the
 * input is hostile), and runs that stand in order already are only copied, as linkers leave many.
 */
#include "preload/stack/symbols_index.h"

#include <string.h>

#include "preload/stack/symbols.h"

#define GROUPS_MOST 64  /* starts below the address that are looked at */
#define SAME_MOST   256 /* symbols at one start that are looked at */

static bool before(const char *strings, const struct sw_symbol *a, const struct sw_symbol *b)
{
    if (a->start != b->start)
        return a->start < b->start;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    const char *a_name = strings + a->name, *b_name = strings + b->name;
    if ((a_name[0] == '_') != (b_name[0] == '_'))
        return b_name[0] == '_';
    return strcmp(a_name, b_name) < 0;
}

static void merge(const char *strings, const struct sw_symbol *left, const struct sw_symbol *right,
                  const struct sw_symbol *end, struct sw_symbol *to)
{
    const struct sw_symbol *middle = right;
    if (left < middle && right < end && before(strings, right, middle - 1)) {
        while (left < middle && right < end)
            *to++ = before(strings, right, left) ? *right++ : *left++;
    }
    memcpy(to, left, (size_t)(middle - left) * sizeof *to);
    to += middle - left;
    memcpy(to, right, (size_t)(end - right) * sizeof *to);
}

void sw_symbols_sort(struct sw_symbols *symbols, struct sw_symbol *scratch)
{
    struct sw_symbol *from = symbols->symbol, *to = scratch;
    size_t count = symbols->count;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t middle = at + width < count ? at + width : count;
            size_t end = at + 2 * width < count ? at + 2 * width : count;
            merge(symbols->strings, from + at, from + middle, from + end, to + at);
        }
        struct sw_symbol *swap = from;
        from = to;
        to = swap;
    }
    if (from != symbols->symbol)
        memcpy(symbols->symbol, from, count * sizeof *from);
}

/* How many symbols start below `address`. */
static size_t count_below(const struct sw_symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symbols->symbol[middle].start < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *sw_symbols_find(struct sw_symbols *symbols, uint64_t address, uint64_t *start)
{
    if (!symbols || address == UINT64_MAX)
        return NULL;
    size_t next = count_below(symbols, address + 1);
    for (unsigned groups = 0; next > 0 && groups < GROUPS_MOST; groups++) {
        size_t first = count_below(symbols, symbols->symbol[next - 1].start);
        for (size_t i = first; i < next && i < first + SAME_MOST; i++) {
            const struct sw_symbol *symbol = &symbols->symbol[i];
            if (address >= symbol->end || (symbol->open && groups > 0))
                continue;
            if (start)
                *start = symbol->start;
            return symbols->strings + symbol->name;
        }
        next = first;
    }
    return NULL;
}
