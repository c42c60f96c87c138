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
#define AT_ONCE          256

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

/* The symbol that the slot's relocation names; -1: there is none for it. */
static int64_t symbol_of(const struct dynamic *dynamic, uint64_t offset)
{
    static Elf64_Rela part[AT_ONCE];
    uint64_t count = dynamic->size / sizeof *part;
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
    static struct dynamic dynamic;
    static uint64_t capture;
    if (last != module || capture != sw_memory_capture()) {
        last = NULL;
        if (!read_dynamic(module, &dynamic))
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
