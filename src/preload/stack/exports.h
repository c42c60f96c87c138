/*
 * The address of something that a loaded module exports, by its name: through the module's own hash
 * table in memory (DT_GNU_HASH), so that it is found wherever the loader may look for it or not
 * (RTLD_LOCAL), with no lock and no file. Watchdog thread only.
 */
#ifndef SW_STACK_EXPORTS_H
#define SW_STACK_EXPORTS_H

#include <stdint.h>

#include "preload/stack/modules.h"

/* Where `name` is, and its size (0: not told; `size` may be NULL). 0, or -ENOENT. */
int sw_exports_find(const struct sw_module *module, const char *name, uint64_t *address,
                    uint64_t *size);
/* The same for what must be there: its address, or 0. */
uint64_t sw_exports_address(const struct sw_module *module, const char *name);

#endif
