/*
 * Opens files with libdwfl and keeps the last 32 of them.
 *
 * Called by symbolize/lines.c, on the helper's only thread. Each file has a Dwfl of its own, so
 * that what is wrong with one stays with it. Separate debug files are found by libdwfl's standard
 * way: by build id under /usr/lib/debug/.build-id, by .gnu_debuglink beside the file, under .debug
 * and /usr/lib/debug; by debuginfod only if DEBUGINFOD_URLS is set, which main.c sees to.
 *
 * A file that was replaced on disk since (device, inode, size or time of change differ) is opened
 * anew: after an upgrade the running program still has the old one, and then the build id refuses
 * it.
 */
#include "symbolize/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT    32
#define AVOIDED 8

struct kept {
    struct sw_file file;
    char *path; /* NULL: free */
    char *build_id;
    struct stat status;
    int error; /* why the file cannot be used */
    uint64_t last_used;
};

static struct kept kept[KEPT];
static uint64_t uses;
static const char *avoided[AVOIDED];
static unsigned avoided_count;

static char *debuginfo_path;

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debuginfo_path,
};

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
           one->st_size == other->st_size && one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
           one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

static void forget(struct kept *entry)
{
    if (entry->file.dwfl != NULL)
        dwfl_end(entry->file.dwfl);
    free(entry->file.ranges);
    free(entry->path);
    free(entry->build_id);
    memset(entry, 0, sizeof(*entry));
}

static int check_build_id(Dwfl_Module *module, const char *wanted)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bits;
    GElf_Addr at;
    if (wanted[0] == '\0')
        return 0;
    int length = dwfl_module_build_id(module, &bits, &at);
    if (length <= 0 || (size_t)length * 2 != strlen(wanted))
        return -ESTALE;
    for (int i = 0; i < length; i++)
        if (wanted[2 * i] != digits[bits[i] >> 4] || wanted[2 * i + 1] != digits[bits[i] & 15])
            return -ESTALE;
    return 0;
}

/* `fd` is libdwfl's once it has been reported. */
static int load(struct sw_file *file, const char *path, const char *build_id, int fd)
{
    if (debuginfo_path == NULL)
        debuginfo_path = getenv("DEBUGINFO_PATH");
    file->dwfl = dwfl_begin(&callbacks);
    if (file->dwfl == NULL) {
        close(fd);
        return -ENOMEM;
    }
    dwfl_report_begin(file->dwfl);
    /* Base 0 with the file's own addresses added: addresses need no bias. */
    file->module = dwfl_report_elf(file->dwfl, path, path, fd, 0, true);
    if (file->module == NULL)
        close(fd);
    int error = dwfl_report_end(file->dwfl, NULL, NULL) != 0 || file->module == NULL
                    ? -ENOEXEC
                    : check_build_id(file->module, build_id);
    if (error != 0) {
        dwfl_end(file->dwfl);
        file->dwfl = NULL;
        file->module = NULL;
    }
    return error;
}

static struct kept *oldest(void)
{
    struct kept *found = &kept[0];
    for (unsigned i = 0; i < KEPT; i++) {
        if (kept[i].path == NULL)
            return &kept[i];
        if (kept[i].last_used < found->last_used)
            found = &kept[i];
    }
    forget(found);
    return found;
}

static struct kept *look_up(const char *path, const char *build_id)
{
    for (unsigned i = 0; i < KEPT; i++)
        if (kept[i].path != NULL && strcmp(kept[i].path, path) == 0 &&
            strcmp(kept[i].build_id, build_id) == 0)
            return &kept[i];
    return NULL;
}

int sw_file_avoid(const char *path)
{
    if (avoided_count == AVOIDED)
        return -ENOSPC;
    avoided[avoided_count++] = path;
    return 0;
}

struct sw_file *sw_file_open(const char *path, const char *build_id, int *error)
{
    struct stat status;
    struct kept *entry = look_up(path, build_id);
    for (unsigned i = 0; i < avoided_count; i++) {
        if (strcmp(avoided[i], path) == 0) {
            *error = -EACCES;
            return NULL;
        }
    }
    if (entry != NULL && (stat(path, &status) != 0 || !same_file(&status, &entry->status))) {
        forget(entry);
        entry = NULL;
    }
    if (entry == NULL) {
        /* O_NONBLOCK: a path that is a FIFO must not hold the helper up. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
            *error = fd < 0 ? -errno : -EINVAL;
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        entry = oldest();
        entry->path = strdup(path);
        entry->build_id = strdup(build_id);
        entry->status = status;
        if (entry->path == NULL || entry->build_id == NULL) {
            close(fd);
            forget(entry);
            *error = -ENOMEM;
            return NULL;
        }
        entry->error = load(&entry->file, path, build_id, fd);
    }
    entry->last_used = ++uses;
    *error = entry->error;
    return entry->error == 0 ? &entry->file : NULL;
}

static int by_address(const void *one, const void *other)
{
    const struct sw_unit_range *a = one, *b = other;
    return a->low < b->low ? -1 : a->low > b->low;
}

static void add_range(struct sw_file *file, size_t *room, const struct sw_unit_range *range)
{
    if (range->low >= range->high)
        return;
    if (file->range_count == *room) {
        size_t more = *room != 0 ? *room * 2 : 256;
        struct sw_unit_range *grown = realloc(file->ranges, more * sizeof(*grown));
        if (grown == NULL)
            return;
        file->ranges = grown;
        *room = more;
    }
    file->ranges[file->range_count++] = *range;
}

/* clang writes no .debug_aranges, the index that libdwfl goes by: ask every unit, once a file. */
static void index_units(struct sw_file *file)
{
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias;
    size_t room = 0;
    file->ranges_tried = 1;
    while ((unit = dwfl_module_nextcu(file->module, unit, &bias)) != NULL) {
        Dwarf_Addr base, low, high;
        ptrdiff_t at = 0;
        while ((at = dwarf_ranges(unit, at, &base, &low, &high)) > 0) {
            struct sw_unit_range range = {low + bias, high + bias, dwarf_dieoffset(unit)};
            add_range(file, &room, &range);
        }
    }
    if (file->range_count > 0)
        qsort(file->ranges, file->range_count, sizeof(*file->ranges), by_address);
}

Dwarf_Die *sw_file_unit(struct sw_file *file, Dwarf_Addr address, Dwarf_Die *store,
                        Dwarf_Addr *bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(file->module, address, bias);
    if (unit != NULL)
        return unit;
    if (!file->ranges_tried)
        index_units(file);
    size_t low = 0, high = file->range_count;
    while (low < high) { /* the first that starts past the address */
        size_t middle = low + (high - low) / 2;
        if (file->ranges[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    Dwarf *dwarf = dwfl_module_getdwarf(file->module, bias);
    if (low == 0 || dwarf == NULL || file->ranges[low - 1].high <= address)
        return NULL;
    return dwarf_offdie(dwarf, file->ranges[low - 1].unit, store);
}
