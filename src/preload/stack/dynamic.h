/*
 * The dynamic section of a loaded module (elf(5)), read from memory. For imports.c, exports.c and
 * symbols_memory.c;
 * watchdog thread only.
 */
#ifndef SW_STACK_DYNAMIC_H
#define SW_STACK_DYNAMIC_H

#include <stdint.h>

#include "preload/stack/modules.h"

/* Addresses, 0 where it has none. */
struct sw_dynamic {
    uint64_t relocations, relocations_size; /* of the PLT: DT_JMPREL, DT_PLTRELSZ */
    uint64_t symbols, strings, strings_size;
    uint64_t gnu_hash;
};

/* All 0 where there is none or it cannot be read. */
void sw_dynamic_read(const struct sw_module *module, struct sw_dynamic *found);

#endif
