/* The search table of a module's .eh_frame_hdr: for libunwind, and for the starts of functions.
 * Watchdog thread only. */
#ifndef SW_STACK_UNWIND_TABLE_H
#define SW_STACK_UNWIND_TABLE_H

#include <stdint.h>

#include "preload/stack/modules.h"

/* `count` pairs of 32-bit numbers (function, its entry) at `address`, sorted, each relative to
 * module->eh_frame_hdr. */
struct sw_unwind_table {
    uint64_t address, count;
};

/* The module's table, NULL where it has none that can be searched. Remembered; valid until the next
 * call. */
const struct sw_unwind_table *sw_unwind_table_of(const struct sw_module *module);
/* Start of the last function that begins at or before `ip`; 0: none. (Where that one ends the table
 * does not say.) */
uint64_t sw_unwind_table_start(const struct sw_module *module, uint64_t ip);
/* Address of the entry (FDE) of the function that begins at `start`; 0: none. */
uint64_t sw_unwind_table_entry(const struct sw_module *module, uint64_t start);
/* Start of the first function that begins behind `start`; 0: none. */
uint64_t sw_unwind_table_next(const struct sw_module *module, uint64_t start);

#endif
