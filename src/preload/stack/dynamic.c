/* See dynamic.h. The loader has turned the addresses in it into absolute ones in most modules. */
#include "preload/stack/dynamic.h"

#include <elf.h>
#include <string.h>

#include "preload/stack/memory.h"

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

void sw_dynamic_read(const struct sw_module *module, struct sw_dynamic *found)
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
            found->relocations_size = entry.d_un.d_val;
        else if (entry.d_tag == DT_SYMTAB)
            found->symbols = absolute(module, entry.d_un.d_ptr);
        else if (entry.d_tag == DT_STRTAB)
            found->strings = absolute(module, entry.d_un.d_ptr);
        else if (entry.d_tag == DT_STRSZ)
            found->strings_size = entry.d_un.d_val;
        else if (entry.d_tag == DT_GNU_HASH)
            found->gnu_hash = absolute(module, entry.d_un.d_ptr);
    }
}
