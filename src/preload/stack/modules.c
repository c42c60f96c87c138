/*
 * The modules of the process, as they are met.
 *
 * Called by the unwinder (twice a frame) and by the resolver. Watchdog thread only.
 *
 * _dl_find_object(3) takes no lock, but its answer is only as old as the call: another thread may
 * dlclose the object at once. So the link_map that it names is read as foreign memory, and believed
 * only if its dynamic section lies within the object. A module already known is compared (bias,
 * name, build id) once in a capture, since another file may by now stand at its address.
 */
#include "preload/stack/modules.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "common/arena.h"
#include "common/kernel.h"
#include "preload/libc/loader.h"
#include "preload/stack/elf.h"
#include "preload/stack/maps.h"
#include "preload/stack/memory.h"

#define MEMORY_MOST (16u << 20) /* some 13,000 modules; beyond it new ones are not known */

struct entry {
    struct sw_module module; /* first: what sw_modules_find gives out */
    uint64_t checked;        /* the capture in which it was last seen to be there */
    struct entry *older;
    char loader_name[1024]; /* l_name as it was; "" of the program */
};

static struct entry *newest, *last_found;
static struct sw_arena arena;
static int (*find_object)(void *, struct sw_loader_object *);
static uint64_t vdso, program_headers, own_address;
static bool started;

int sw_modules_start(void)
{
    if (!started) {
        sw_arena_init(&arena, MEMORY_MOST);
        void *symbol = sw_loader_symbol(RTLD_DEFAULT, "_dl_find_object");
        memcpy(&find_object, &symbol, sizeof find_object);
        vdso = getauxval(AT_SYSINFO_EHDR);
        program_headers = getauxval(AT_PHDR);
        own_address = (uint64_t)(uintptr_t)sw_modules_start;
        started = true;
    }
    return find_object ? 0 : -ENOSYS;
}

void sw_modules_forget_loader(void)
{
    find_object = NULL;
    newest = last_found = NULL;
}

/* Without the loader: the run of lines of one file, from its offset 0 on. */
static int ask_maps(uint64_t address, struct entry *found)
{
    static struct sw_maps maps;
    struct sw_maps_line line;
    struct sw_module *module = &found->module;
    bool inside = false;
    if (sw_maps_open(&maps) < 0)
        return -ENOENT;
    while (sw_maps_next(&maps, &line)) {
        /* Between segments, a place kept free: by some loaders without the file's name. */
        if (line.path[0] == '\0' && !line.readable && !line.executable)
            continue;
        bool same = line.path[0] && strcmp(line.path, found->loader_name) == 0;
        if (!same || (line.offset == 0 && line.low != module->high)) {
            if (inside)
                break;
            size_t length = strnlen(line.path, sizeof found->loader_name - 1);
            memcpy(found->loader_name, line.path, length);
            found->loader_name[length] = '\0';
            module->low = line.low;
        }
        module->high = line.high;
        inside = inside || (address >= line.low && address < line.high);
    }
    sw_maps_close(&maps);
    return inside && found->loader_name[0] ? 0 : -ENOENT;
}

/*
 * The file as a whole. Of an object whose segments have gaps between them (node before version 25)
 * _dl_find_object gives the one segment that was asked for, in which there is neither an ELF header
 * nor, mostly, what else tells that the object is still there.
 */
static int widen(uint64_t address, uint64_t dynamic, struct entry *found)
{
    struct sw_module *module = &found->module;
    struct sw_module loader = *module;
    if (ask_maps(address, found) < 0 || dynamic < module->low || dynamic >= module->high)
        return -ENOENT;
    module->bias = loader.bias;
    module->eh_frame_hdr = loader.eh_frame_hdr;
    return 0;
}

/* What the loader says of `address`, into a new-born entry. */
static int ask_loader(uint64_t address, struct entry *found)
{
    struct sw_loader_object object;
    struct link_map map;
    if (find_object((void *)(uintptr_t)address, &object) != 0)
        return -ENOENT;
    struct sw_module *module = &found->module;
    module->low = (uint64_t)(uintptr_t)object.map_start;
    module->high = (uint64_t)(uintptr_t)object.map_end;
    module->eh_frame_hdr = (uint64_t)(uintptr_t)object.eh_frame;
    if (sw_memory_read((uint64_t)(uintptr_t)object.link_map, &map, sizeof map) < 0)
        return -ENOENT;
    uint64_t dynamic = (uint64_t)(uintptr_t)map.l_ld;
    if (address < module->low || address >= module->high)
        return -ENOENT;
    module->bias = map.l_addr;
    if (dynamic < module->low || dynamic >= module->high)
        return widen(address, dynamic, found);
    return sw_memory_string((uint64_t)(uintptr_t)map.l_name, found->loader_name,
                            sizeof found->loader_name);
}

static void set_path(struct sw_module *module, const char *path)
{
    size_t length = strnlen(path, sizeof module->path - 1);
    memmove(module->path, path, length);
    module->path[length] = '\0';
    const char *slash = strrchr(module->path, '/');
    module->name = slash ? slash + 1 : module->path;
}

/* The program has no name in the loader's list, and a relative one may be stale since a chdir(2):
 * the kernel knows the file that is mapped. (/proc/self/exe would be the loader where that was told
 * to run the program.) */
static void name_module(struct entry *found)
{
    struct sw_module *module = &found->module;
    struct sw_maps_line line;
    if (module->low == vdso) {
        set_path(module, "[vdso]");
        return;
    }
    if (found->loader_name[0] == '/') {
        set_path(module, found->loader_name);
        return;
    }
    if (sw_maps_find(module->low, &line, module->path, sizeof module->path) < 0 ||
        module->path[0] != '/') {
        memset(module->path, 0, sizeof module->path);
        if (found->loader_name[0])
            set_path(module, found->loader_name);
        else
            sw_kernel6(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)module->path,
                       sizeof module->path - 1, 0, 0);
    }
    set_path(module, module->path);
}

/* Bias (without the loader), unwind table and build id, from the headers in memory. */
static int read_headers(struct entry *found)
{
    struct sw_module *module = &found->module;
    struct sw_elf elf;
    module->build_id[0] = '\0';
    if (sw_elf_open(&elf, -1, module->low) < 0)
        return find_object ? 0 : -ENOENT;
    if (!find_object) {
        module->bias = module->low - sw_elf_first_address(&elf);
        const Elf64_Phdr *table = sw_elf_segment(&elf, PT_GNU_EH_FRAME);
        module->eh_frame_hdr = table ? module->bias + table->p_vaddr : 0;
    }
    if (module->eh_frame_hdr < module->low || module->eh_frame_hdr >= module->high)
        module->eh_frame_hdr = 0;
    sw_elf_build_id(&elf, module->build_id);
    return 0;
}

static bool same_file(const struct entry *a, const struct entry *b)
{
    return strcmp(a->loader_name, b->loader_name) == 0 &&
           strcmp(a->module.build_id, b->module.build_id) == 0;
}

/* The entry that `found` is, old or new. NULL: no memory. */
static struct entry *enter(struct entry *found)
{
    struct entry *twin = NULL;
    for (struct entry *entry = newest; entry; entry = entry->older) {
        if (!same_file(entry, found))
            continue;
        if (entry->module.low == found->module.low && entry->module.high == found->module.high &&
            entry->module.bias == found->module.bias &&
            entry->module.eh_frame_hdr == found->module.eh_frame_hdr)
            return entry;
        twin = entry;
    }
    struct entry *entry = sw_arena_alloc(&arena, sizeof *entry);
    if (!entry)
        return NULL;
    name_module(found);
    *entry = *found;
    struct sw_module *module = &entry->module;
    module->name = module->path + (found->module.name - found->module.path);
    module->own = own_address >= module->low && own_address < module->high;
    module->program = program_headers >= module->low && program_headers < module->high;
    if (twin && module->build_id[0]) { /* loaded again elsewhere: its symbols are the same */
        module->symbols = twin->module.symbols;
        module->symbols_tried = twin->module.symbols_tried;
    }
    entry->older = newest;
    newest = entry;
    return entry;
}

static bool holds(const struct entry *entry, uint64_t address, uint64_t capture)
{
    return entry->checked == capture && address >= entry->module.low &&
           address < entry->module.high;
}

struct sw_module *sw_modules_find(uint64_t address)
{
    static struct entry found; /* 2 KiB: the watchdog's stack is small */
    uint64_t capture = sw_memory_capture();
    if (last_found && holds(last_found, address, capture))
        return &last_found->module;
    for (struct entry *entry = newest; entry; entry = entry->older) {
        if (holds(entry, address, capture)) {
            last_found = entry;
            return &entry->module;
        }
    }
    if (!started)
        return NULL;
    memset(&found, 0, sizeof found);
    if ((find_object ? ask_loader(address, &found) : ask_maps(address, &found)) < 0 ||
        read_headers(&found) < 0)
        return NULL;
    struct entry *entry = enter(&found);
    if (!entry)
        return NULL;
    entry->checked = capture;
    last_found = entry;
    return &entry->module;
}

bool sw_modules_is_own(uint64_t address)
{
    struct sw_module *module = sw_modules_find(address);
    return module != NULL && module->own;
}
