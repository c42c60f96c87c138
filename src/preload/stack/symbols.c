/*
 * Function names from the symbol tables of a module's file.
 *
 * Called by the resolver, with the frames of a capture. Watchdog thread only: memory straight from
 * mmap, kept for the life of the process, and no qsort (glibc's mallocs for large tables).
 *
 * The file is hostile in principle and another one by accident (an upgrade under a running server):
 * its build id must be the module's, or where neither has one its headers must be those in memory.
 * Symbols that are no functions, or lie in no section, are left out.
 */
#include "preload/stack/symbols.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/kernel.h"
#include "preload/stack/elf.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols_index.h"
#include "preload/stack/symbols_memory.h"

#define TABLES_MOST  (UINT64_C(512) << 20) /* bytes of symbols, and of names, that are read */
#define SECTION_MOST 65536
#define NAME_MOST    65536 /* bytes of one name */

struct table {
    void *data;
    size_t size;
};

static struct table table_map(uint64_t size)
{
    struct table table = {NULL, 0};
    if (size == 0 || size > 2 * TABLES_MOST)
        return table;
    long data = sw_kernel6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data > 0) {
        table.data = (void *)data;
        table.size = size;
    }
    return table;
}

static void table_unmap(struct table *table)
{
    if (table->data)
        sw_kernel3(SYS_munmap, (long)table->data, (long)table->size, 0);
    table->data = NULL;
    table->size = 0;
}

static struct table table_read(const struct sw_elf *elf, uint64_t offset, uint64_t size)
{
    struct table table = table_map(size);
    if (table.data && sw_elf_read(elf, offset, table.data, size) < 0)
        table_unmap(&table);
    return table;
}

/* One symbol section and the strings that it names. */
struct source {
    const Elf64_Shdr *symbols, *strings;
};

static bool source_of(const Elf64_Shdr *section, size_t count, uint32_t type, struct source *source)
{
    for (size_t i = 0; i < count; i++) {
        if (section[i].sh_type != type)
            continue;
        if (section[i].sh_link >= count || section[section[i].sh_link].sh_type != SHT_STRTAB ||
            section[i].sh_entsize != sizeof(Elf64_Sym) || section[i].sh_size > TABLES_MOST ||
            section[section[i].sh_link].sh_size > TABLES_MOST)
            return false;
        source->symbols = &section[i];
        source->strings = &section[section[i].sh_link];
        return true;
    }
    return false;
}

static bool is_function(const Elf64_Sym *symbol, uint64_t strings_size)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF &&
           symbol->st_name > 0 && symbol->st_name < strings_size && symbol->st_value != 0;
}

static uint8_t rank_of(const Elf64_Sym *symbol)
{
    switch (ELF64_ST_BIND(symbol->st_info)) {
    case STB_GLOBAL:
    case STB_GNU_UNIQUE:
        return 0;
    case STB_WEAK:
        return 1;
    case STB_LOCAL:
        return 2;
    default:
        return 3;
    }
}

/* Adds the functions of one section; names are at `names_at` of symbols->strings. */
static void add_functions(struct sw_symbols *symbols, const struct table *table,
                          const Elf64_Shdr *section, size_t sections, uint32_t names_at,
                          uint64_t names_size)
{
    const Elf64_Sym *symbol = table->data;
    for (size_t i = 0; i < table->size / sizeof *symbol; i++, symbol++) {
        if (!is_function(symbol, names_size))
            continue;
        struct sw_symbol *entry = &symbols->symbol[symbols->count];
        entry->start = symbol->st_value;
        entry->end = symbol->st_value + symbol->st_size;
        entry->name = names_at + symbol->st_name;
        entry->rank = rank_of(symbol);
        entry->open = symbol->st_size == 0;
        if (entry->open && symbol->st_shndx < sections)
            entry->end = section[symbol->st_shndx].sh_addr + section[symbol->st_shndx].sh_size;
        char *name = symbols->strings + entry->name;
        size_t length = strnlen(name, NAME_MOST);
        if (length == 0 || length == NAME_MOST || name[0] == '@' || entry->end <= entry->start)
            continue;
        char *version = memchr(name, '@', length); /* .symtab has "memcpy@@GLIBC_2.14" */
        if (version)
            *version = '\0';
        symbols->count++;
    }
}

/* The struct, the index and the strings are three maps; the index is made as large as all symbols
 * would need. */
static struct sw_symbols *load(const struct sw_elf *elf, const Elf64_Shdr *section, size_t sections)
{
    struct source source[2];
    unsigned sources = 0;
    uint64_t entries = 0, names = 0;
    static const uint32_t types[] = {SHT_SYMTAB, SHT_DYNSYM};
    for (unsigned i = 0; i < 2; i++) {
        if (!source_of(section, sections, types[i], &source[sources]))
            continue;
        entries += source[sources].symbols->sh_size / sizeof(Elf64_Sym);
        names += source[sources].strings->sh_size + 1;
        sources++;
    }
    struct table index = table_map(entries * sizeof(struct sw_symbol));
    struct table scratch = table_map(entries * sizeof(struct sw_symbol));
    struct table strings = table_map(names);
    struct table self = table_map(sizeof(struct sw_symbols));
    struct sw_symbols *symbols = self.data;
    if (index.data && scratch.data && strings.data && symbols) {
        symbols->symbol = index.data;
        symbols->strings = strings.data;
        uint32_t at = 0;
        for (unsigned i = 0; i < sources; i++) {
            uint64_t size = source[i].strings->sh_size;
            struct table table =
                table_read(elf, source[i].symbols->sh_offset,
                           source[i].symbols->sh_size / sizeof(Elf64_Sym) * sizeof(Elf64_Sym));
            if (table.data &&
                sw_elf_read(elf, source[i].strings->sh_offset, symbols->strings + at, size) == 0)
                add_functions(symbols, &table, section, sections, at, size);
            table_unmap(&table);
            at += (uint32_t)size + 1;
        }
        sw_symbols_sort(symbols, scratch.data);
    }
    table_unmap(&scratch);
    if (symbols && symbols->count > 0)
        return symbols;
    table_unmap(&index);
    table_unmap(&strings);
    table_unmap(&self);
    return NULL;
}

static struct sw_symbols *load_sections(const struct sw_elf *elf)
{
    Elf64_Shdr first;
    uint64_t count = elf->header.e_shnum;
    if (elf->header.e_shoff == 0 || elf->header.e_shentsize != sizeof first)
        return NULL;
    if (count == 0) { /* elf(5): more than e_shnum holds are counted in the first one's sh_size */
        if (sw_elf_read(elf, elf->header.e_shoff, &first, sizeof first) < 0)
            return NULL;
        count = first.sh_size;
    }
    if (count == 0 || count > SECTION_MOST)
        return NULL;
    struct table sections = table_read(elf, elf->header.e_shoff, count * sizeof first);
    struct sw_symbols *symbols = NULL;
    if (sections.data)
        symbols = load(elf, sections.data, count);
    table_unmap(&sections);
    return symbols;
}

/* Is the file what is mapped? */
static bool is_the_modules(const struct sw_elf *file, const struct sw_module *module)
{
    static struct sw_elf mapped;
    char build_id[65];
    sw_elf_build_id(file, build_id);
    if (build_id[0] || module->build_id[0])
        return strcmp(build_id, module->build_id) == 0;
    return sw_elf_open(&mapped, -1, module->low) == 0 &&
           memcmp(&mapped.header, &file->header, sizeof file->header) == 0 &&
           mapped.segment_count == file->segment_count &&
           memcmp(mapped.segment, file->segment, file->segment_count * sizeof(Elf64_Phdr)) == 0;
}

/* O_NONBLOCK: what stands at that path by now may be a FIFO, whose open(2) would wait. */
static int open_file(const char *path, struct sw_elf *elf, const struct sw_module *module)
{
    struct stat status;
    int fd = sw_kernel_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return fd;
    if (sw_kernel3(SYS_fstat, fd, (long)&status, 0) == 0 && S_ISREG(status.st_mode) &&
        sw_elf_open(elf, fd, 0) == 0 && is_the_modules(elf, module))
        return fd;
    sw_kernel_close(fd);
    return -ESTALE;
}

struct sw_symbols *sw_symbols_open(struct sw_module *module)
{
    static struct sw_elf elf;
    if (module->symbols_tried)
        return module->symbols;
    module->symbols_tried = true;
    if (strcmp(module->path, "[vdso]") == 0) {
        if (sw_elf_open(&elf, -1, module->low) == 0)
            module->symbols = load_sections(&elf);
        return module->symbols;
    }
    int fd = module->path[0] == '/' ? open_file(module->path, &elf, module) : -ENOENT;
    if (fd < 0 && module->program) /* replaced or deleted: the kernel still has it */
        fd = open_file("/proc/self/exe", &elf, module);
    if (fd >= 0) {
        module->symbols = load_sections(&elf);
        sw_kernel_close(fd);
        return module->symbols;
    }
    Elf64_Shdr section[2];
    if (sw_symbols_memory(module, &elf, section) == 0)
        module->symbols = load(&elf, section, 2);
    return module->symbols;
}

const char *sw_symbols_name_at(uint64_t address)
{
    uint64_t start = 0;
    struct sw_module *module = sw_modules_find(address);
    struct sw_symbols *symbols = module != NULL ? sw_symbols_open(module) : NULL;
    return symbols != NULL ? sw_symbols_find(symbols, address - module->bias, &start) : NULL;
}
