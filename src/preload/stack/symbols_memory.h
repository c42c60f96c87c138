/*
 * The dynamic symbols of a module where it is mapped, for one whose file is gone, replaced, or out
 * of sight (chroot(2)): fewer than the file had, and better than none. For symbols.c; watchdog
 * thread only.
 */
#ifndef SW_STACK_SYMBOLS_MEMORY_H
#define SW_STACK_SYMBOLS_MEMORY_H

#include "preload/stack/elf.h"
#include "preload/stack/modules.h"

/* Fills two section headers (symbols, and the strings that they name) as the file would have them,
 * to be read through `elf`, which is opened on memory. 0; -ENOENT: it has no dynamic symbols that
 * can be counted. */
int sw_symbols_memory(const struct sw_module *module, struct sw_elf *elf, Elf64_Shdr section[2]);

#endif
