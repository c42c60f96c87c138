/*
 * See imports.h. In a module's dynamic section (elf(5)) DT_JMPREL is the list of relocations of its
 * PLT, DT_SYMTAB and DT_STRTAB the symbols that these name.
 */
#include "preload/stack/imports.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "preload/stack/dynamic.h"
#include "preload/stack/memory.h"

#define MOST_RELOCATIONS 65536
#define AT_ONCE          256

/* The symbol that the slot's relocation names; -1: there is none for it. */
static int64_t symbol_of(const struct sw_dynamic *dynamic, uint64_t offset)
{
    static Elf64_Rela part[AT_ONCE];
    uint64_t count = dynamic->relocations_size / sizeof *part;
    for (uint64_t first = 0; first < count && first < MOST_RELOCATIONS; first += AT_ONCE) {
        uint64_t size = (count - first < AT_ONCE ? count - first : AT_ONCE) * sizeof *part;
        uint64_t got = sw_memory_copy(dynamic->relocations + first * sizeof *part, part, size);
        for (uint64_t i = 0; i < got / sizeof *part; i++)
            if (part[i].r_offset == offset)
                return (int64_t)ELF64_R_SYM(part[i].r_info);
    }
    return -1;
}

int sw_imports_name(const struct sw_module *module, uint64_t slot, char *name, size_t size)
{
    static const struct sw_module *last;
    static struct sw_dynamic dynamic;
    static uint64_t capture;
    if (last != module || capture != sw_memory_capture()) {
        last = NULL;
        sw_dynamic_read(module, &dynamic);
        if (dynamic.relocations == 0 || dynamic.symbols == 0 || dynamic.strings == 0)
            return -ENOENT;
        last = module;
        capture = sw_memory_capture();
    }
    Elf64_Sym symbol;
    int64_t index = symbol_of(&dynamic, slot - module->bias);
    if (index < 0 ||
        sw_memory_read(dynamic.symbols + (uint64_t)index * sizeof symbol, &symbol, sizeof symbol) !=
            0 ||
        sw_memory_string(dynamic.strings + symbol.st_name, name, size) != 0)
        return -ENOENT;
    return 0;
}
