/*
 * See imports.h. The dynamic section of a loaded module (elf(5)): DT_JMPREL is the list of
 * relocations of its PLT, DT_SYMTAB and DT_STRTAB the symbols that these name. The loader has
 * turned their addresses into absolute ones in most modules.
 */
#include "preload/stack/imports.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "preload/stack/memory.h"

#define MOST_RELOCATIONS 65536

struct dynamic {
    uint64_t relocations, size, symbols, strings;
};

static uint64_t absolute(const struct sw_module *module, uint64_t address)
{
    return address < module->bias ? address + module->bias : address;
}

static uint64_t find_dynamic(const struct sw_module *module)
{
    Elf64_Ehdr head;
    if (sw_memory_read(module->low, &head, sizeof head) != 0 ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    for (unsigned i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr segment;
        if (sw_memory_read(module->low + head.e_phoff + i * sizeof segment, &segment,
                           sizeof segment) != 0)
            return 0;
        if (segment.p_type == PT_DYNAMIC)
            return module->bias + segment.p_vaddr;
    }
    return 0;
}

static bool read_dynamic(const struct sw_module *module, struct dynamic *found)
{
    uint64_t at = find_dynamic(module);
    memset(found, 0, sizeof *found);
    for (Elf64_Dyn entry; at != 0 && sw_memory_read(at, &entry, sizeof entry) == 0;
         at += sizeof entry) {
        if (entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag == DT_JMPREL)
            found->relocations = absolute(module, entry.d_un.d_ptr);
        else if (entry.d_tag == DT_PLTRELSZ)
            found->size = entry.d_un.d_val;
        else if (entry.d_tag == DT_SYMTAB)
            found->symbols = absolute(module, entry.d_un.d_ptr);
        else if (entry.d_tag == DT_STRTAB)
            found->strings = absolute(module, entry.d_un.d_ptr);
    }
    return found->relocations != 0 && found->symbols != 0 && found->strings != 0;
}

int sw_imports_name(const struct sw_module *module, uint64_t slot, char *name, size_t size)
{
    struct dynamic dynamic;
    if (!read_dynamic(module, &dynamic))
        return -ENOENT;
    uint64_t count = dynamic.size / sizeof(Elf64_Rela);
    for (uint64_t i = 0; i < count && i < MOST_RELOCATIONS; i++) {
        Elf64_Rela relocation;
        Elf64_Sym symbol;
        if (sw_memory_read(dynamic.relocations + i * sizeof relocation, &relocation,
                           sizeof relocation) != 0)
            return -ENOENT;
        if (module->bias + relocation.r_offset != slot)
            continue;
        uint64_t index = ELF64_R_SYM(relocation.r_info);
        if (sw_memory_read(dynamic.symbols + index * sizeof symbol, &symbol, sizeof symbol) != 0 ||
            sw_memory_string(dynamic.strings + symbol.st_name, name, size) != 0)
            return -ENOENT;
        return 0;
    }
    return -ENOENT;
}
