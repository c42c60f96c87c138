/* The sorted index behind symbols.h: pure, over memory that its caller gives it. */
#ifndef SW_STACK_SYMBOLS_INDEX_H
#define SW_STACK_SYMBOLS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_symbol {
    uint64_t start, end;
    uint32_t name; /* into strings */
    uint8_t rank;  /* global 0, weak 1, local 2, others 3 */
    bool open;     /* its size is not known: it goes on to the next symbol, `end` (its section's) at
                      most */
};

struct sw_symbols {
    struct sw_symbol *symbol;
    size_t count;
    char *strings;
};

/* Sorts by start and, among equals, by preference (symbols.h); `scratch` is as large as the index.
 */
void sw_symbols_sort(struct sw_symbols *symbols, struct sw_symbol *scratch);

#endif
