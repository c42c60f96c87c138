/*
 * See symbols_memory.h. Nothing in memory says how many dynamic symbols there are but the hash
 * table that the loader looks them up in: the last chain of DT_GNU_HASH ends with the last symbol.
 */
#include "preload/stack/symbols_memory.h"

#include <errno.h>
#include <string.h>

#include "preload/stack/dynamic.h"
#include "preload/stack/memory.h"

#define MOST_BUCKETS (1u << 20)
#define MOST_SYMBOLS (1u << 22)
#define AT_ONCE      256

/* DT_GNU_HASH as it begins; a filter of `filter_size` 64-bit words follows, then the buckets, then
 * a word for each symbol from `first` on, whose lowest bit ends its chain. */
struct gnu_hash {
    uint32_t buckets, first, filter_size, filter_shift;
};

/* The last chain's first symbol; 0: no bucket has any, or they cannot be read. */
static uint32_t last_chain(uint64_t at, uint32_t count)
{
    static uint32_t part[AT_ONCE];
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; i += AT_ONCE) {
        size_t size = (count - i < AT_ONCE ? count - i : AT_ONCE) * sizeof *part;
        if (sw_memory_copy(at + i * sizeof *part, part, size) != size)
            return 0;
        for (size_t k = 0; k < size / sizeof *part; k++)
            if (part[k] > last)
                last = part[k];
    }
    return last;
}

/* How many symbols there are; 0: not known. */
static uint32_t count_symbols(uint64_t table)
{
    struct gnu_hash head;
    if (table == 0 || sw_memory_read(table, &head, sizeof head) != 0 ||
        head.buckets > MOST_BUCKETS || head.filter_size > MOST_BUCKETS)
        return 0;
    uint64_t buckets = table + sizeof head + head.filter_size * sizeof(uint64_t);
    uint64_t chains = buckets + head.buckets * sizeof(uint32_t);
    uint32_t index = last_chain(buckets, head.buckets), word = 0;
    if (index < head.first)
        return 0;
    while (index < MOST_SYMBOLS && (word & 1) == 0) {
        if (sw_memory_read(chains + (index - head.first) * sizeof word, &word, sizeof word) != 0)
            return 0;
        index++;
    }
    return index;
}

int sw_symbols_memory(const struct sw_module *module, struct sw_elf *elf, Elf64_Shdr section[2])
{
    struct sw_dynamic dynamic;
    sw_dynamic_read(module, &dynamic);
    uint32_t count = count_symbols(dynamic.gnu_hash);
    if (count == 0 || dynamic.symbols < module->low || dynamic.strings < module->low ||
        sw_elf_open(elf, -1, module->low) != 0)
        return -ENOENT;
    memset(section, 0, 2 * sizeof *section);
    section[0].sh_type = SHT_DYNSYM;
    section[0].sh_link = 1;
    section[0].sh_entsize = sizeof(Elf64_Sym);
    section[0].sh_offset = dynamic.symbols - module->low;
    section[0].sh_size = count * sizeof(Elf64_Sym);
    section[1].sh_type = SHT_STRTAB;
    section[1].sh_offset = dynamic.strings - module->low;
    section[1].sh_size = dynamic.strings_size;
    return 0;
}
