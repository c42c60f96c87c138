/*
 * Names from a module's .symtab and .dynsym, read from its file with read-only maps: what reports
 * have without the helper, and what signatures are made of with it or without. No malloc, no
 * libelf. The file may be truncated or replaced while we look (SIGBUS through a map): the tables
 * are copied with pread into memory of our own. Watchdog thread only.
 */
#ifndef SW_STACK_SYMBOLS_H
#define SW_STACK_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct sw_symbols;
struct sw_module;

/* The symbols of a module, from the file that it was mapped from if its build id is still the
 * module's; else those that the loader has in memory. NULL where it has none. Kept by the module.
 */
struct sw_symbols *sw_symbols_open(struct sw_module *module);
/* The function that holds `address` (the file's own, bias taken off): its name as linked, and its
 * start. A symbol counts only if its size reaches to `address` (one of size 0: up to the next
 * symbol). NULL: none. Of several at one address: global before weak before local, then the one
 * without leading underscores, then the alphabetically first, so that every run names the same. */
const char *sw_symbols_find(struct sw_symbols *symbols, uint64_t address, uint64_t *start);
/* The same of an address in the process's memory, whatever module it is in. */
const char *sw_symbols_name_at(uint64_t address);

#endif
