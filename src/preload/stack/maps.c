/*
 * /proc/self/maps, line by line.
 *
 * Called by memory.c (which mapping holds a stack), modules.c (paths that the loader does not tell,
 * and all there is where _dl_find_object is missing) and the unwinder. Watchdog thread only: raw
 * system calls, a buffer of the caller's.
 *
 * The kernel makes each read from whole lines, but the list may change between two reads: what is
 * found is a hint that the reader goes on to check by reading the memory itself.
 */
#include "preload/stack/maps.h"

#include <errno.h>
#include <string.h>

#include "common/kernel.h"

static void open_file(struct sw_maps *maps, const char *path)
{
    maps->at = maps->length = 0;
    maps->over = false;
    maps->fd = sw_kernel_open(path, O_RDONLY | O_CLOEXEC, 0);
}

void sw_maps_close(struct sw_maps *maps)
{
    if (maps->fd >= 0)
        sw_kernel_close(maps->fd);
    maps->fd = -1;
}

/* Moves what is left to the front and reads more behind it. */
static void fill(struct sw_maps *maps)
{
    size_t left = maps->length - maps->at;
    memmove(maps->buffer, maps->buffer + maps->at, left);
    maps->at = 0;
    maps->length = left;
    if (left == sizeof maps->buffer - 1)
        return;
    long got = sw_kernel_read(maps->fd, maps->buffer + left, sizeof maps->buffer - 1 - left);
    if (got > 0)
        maps->length += (size_t)got;
    else if (got != -EINTR)
        maps->over = true;
}

int sw_maps_open(struct sw_maps *maps)
{
    open_file(maps, "/proc/self/maps");
    if (maps->fd >= 0)
        fill(maps);
    if (maps->fd >= 0 && maps->length == 0) { /* the main thread is gone: pthread_exit(3) */
        sw_maps_close(maps);
        open_file(maps, "/proc/thread-self/maps");
    }
    return maps->fd < 0 ? maps->fd : 0;
}

static const char *parse_hex(const char *p, uint64_t *value)
{
    uint64_t result = 0;
    unsigned digits = 0;
    for (;; p++, digits++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else
            break;
        result = result << 4 | digit;
    }
    *value = result;
    return digits > 0 && digits <= 16 ? p : NULL;
}

static const char *skip_word(const char *p)
{
    while (*p && *p != ' ')
        p++;
    while (*p == ' ')
        p++;
    return p;
}

/* "55d0c000-55d0d000 r-xp 00001000 fe:00 1234   /usr/bin/x" */
static bool parse_line(const char *p, struct sw_maps_line *line)
{
    p = parse_hex(p, &line->low);
    if (!p || *p++ != '-')
        return false;
    p = parse_hex(p, &line->high);
    if (!p || *p++ != ' ' || strlen(p) < 5)
        return false;
    line->readable = p[0] == 'r';
    line->executable = p[2] == 'x';
    p = parse_hex(skip_word(p), &line->offset);
    if (!p)
        return false;
    while (*p == ' ')
        p++;
    line->path = skip_word(skip_word(p));
    return line->low < line->high;
}

bool sw_maps_next(struct sw_maps *maps, struct sw_maps_line *line)
{
    for (;;) {
        char *start = maps->buffer + maps->at;
        char *end = memchr(start, '\n', maps->length - maps->at);
        if (!end && !maps->over && (maps->at > 0 || maps->length < sizeof maps->buffer - 1)) {
            fill(maps);
            continue;
        }
        if (!end && maps->at == maps->length)
            return false;
        if (!end) /* longer than the buffer: taken as far as it goes; its rest is no line */
            end = maps->buffer + maps->length;
        *end = '\0';
        size_t next = (size_t)(end - maps->buffer) + 1;
        maps->at = next < maps->length ? next : maps->length;
        if (parse_line(start, line))
            return true;
    }
}

int sw_maps_find(uint64_t address, struct sw_maps_line *line, char *path, size_t path_size)
{
    static struct sw_maps maps;
    int result = sw_maps_open(&maps);
    if (result < 0)
        return result;
    result = -ENOENT;
    while (sw_maps_next(&maps, line)) {
        if (address < line->low)
            break;
        if (address >= line->high)
            continue;
        if (path && path_size > 0) {
            size_t length = strnlen(line->path, path_size - 1);
            memcpy(path, line->path, length);
            path[length] = '\0';
            line->path = path;
        } else {
            line->path = "";
        }
        result = 0;
        break;
    }
    sw_maps_close(&maps);
    return result;
}
