/*
 * The files that addresses are looked up in, kept open: reading the index of a large one takes
 * seconds.
 *
 * Helper process only. The room that owns libdwfl's handles; lines.c reads through them.
 */
#ifndef SW_SYMBOLIZE_MODULES_H
#define SW_SYMBOLIZE_MODULES_H

#include <stddef.h>

#include <elfutils/libdwfl.h>

/* The unit of a module that covers a range of addresses; sorted by `low`. */
struct sw_unit_range {
    Dwarf_Addr low, high;
    Dwarf_Off unit; /* of the unit's DIE */
};

struct sw_file {
    Dwfl *dwfl; /* NULL: this file cannot be used */
    Dwfl_Module *module;
    struct sw_unit_range *ranges; /* made when libdwfl's own index has no answer */
    size_t range_count;
    int ranges_tried;
};

/* The file at `path` (absolute), opened if it is not; NULL with `*error` a negative errno: -ENOENT
 * and what else open(2) says, -EINVAL for what is no regular file, -ENOEXEC for no ELF file,
 * -ESTALE where `build_id` (hex, "" for any) is not the file's, -EACCES where it was put aside.
 * Good until the next call. */
struct sw_file *sw_file_open(const char *path, const char *build_id, int *error);
/* Never opens `path` again: reading it crashed. Eight at most; -ENOSPC beyond. `path` must stay. */
int sw_file_avoid(const char *path);
/* The DIE of the unit that covers `address`, with the bias of its addresses; NULL: none. */
Dwarf_Die *sw_file_unit(struct sw_file *file, Dwarf_Addr address, Dwarf_Die *store,
                        Dwarf_Addr *bias);

#endif
