/*
 * The lines of /proc/self/maps (proc_pid_maps(5)), one after the other, without malloc and without
 * stdio. For memory.c, modules.c and the unwinder's check that an address is code. Watchdog thread
 * only.
 */
#ifndef SW_STACK_MAPS_H
#define SW_STACK_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sw_maps_line {
    uint64_t low, high;
    uint64_t offset; /* into the file, in bytes */
    bool readable, executable;
    const char
        *path; /* as the kernel writes it; "" for anonymous memory; valid until the next line */
};

struct sw_maps {
    int fd;
    bool over; /* nothing more to be read */
    size_t at, length;
    char buffer[8192];
};

/* Starts at the first line. 0, or a negative errno (no /proc). */
int sw_maps_open(struct sw_maps *maps);
/* The next line; false after the last. A line that is not understood is passed over. */
bool sw_maps_next(struct sw_maps *maps, struct sw_maps_line *line);
void sw_maps_close(struct sw_maps *maps);
/* The line that holds `address`; its path is copied to `path` (cut to `path_size`; NULL: not
 * wanted), to which line->path then points. 0, -ENOENT, or what sw_maps_open returned. */
int sw_maps_find(uint64_t address, struct sw_maps_line *line, char *path, size_t path_size);

#endif
