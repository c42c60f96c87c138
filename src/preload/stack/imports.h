/*
 * Which function a slot of a module's GOT stands for, also where the loader has not looked it up
 * yet (lazy binding): by the module's own relocations. Watchdog thread; memory is read through
 * memory.h.
 */
#ifndef SW_STACK_IMPORTS_H
#define SW_STACK_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "preload/stack/modules.h"

/* Copies the name that the slot at address `slot` is bound by, cut to `size`. 0, or -ENOENT. */
int sw_imports_name(const struct sw_module *module, uint64_t slot, char *name, size_t size);

#endif
