/* See source_lines.h. Called by formats/html_data.c; one thread. */
#include "command/source_lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST   (4u << 20)
#define BUDGET_MOST (256u << 20) /* bytes read for one page, over all files */

static bool is_source(const char *file)
{
    static const char *const suffixes[] = {
        "adb", "asm",   "c",      "cc",    "cjs", "clj", "cpp",  "cs",  "cxx",  "d",
        "erl", "ex",    "f90",    "go",    "h",   "hh",  "hpp",  "hs",  "hxx",  "inl",
        "ipp", "java",  "jl",     "js",    "jsx", "kt",  "lua",  "m",   "mjs",  "ml",
        "mm",  "nim",   "php",    "pl",    "pm",  "py",  "pyx",  "rb",  "re2c", "rs",
        "s",   "scala", "svelte", "swift", "ts",  "tsx", "vala", "vue", "zig",  "S"};
    static const char *const never[] = {"/proc/", "/sys/", "/dev/"};
    const char *base = strrchr(file, '/');
    const char *dot = strrchr(base != NULL ? base : file, '.');
    for (unsigned i = 0; i < sizeof never / sizeof never[0]; i++)
        if (strncmp(file, never[i], strlen(never[i])) == 0)
            return false;
    /* "../sysdeps/x.c" is relative to where something was built once. */
    if (dot == NULL || strncmp(file, "../", 3) == 0 || strstr(file, "/../") != NULL)
        return false;
    for (unsigned i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp(dot + 1, suffixes[i]) == 0)
            return true;
    return false;
}

/* NULL where it is no file to be read. O_NONBLOCK: a FIFO of that name must not hold us. */
static FILE *open_source(const char *file, int64_t *changed_ms)
{
    static uint64_t read_so_far;
    struct stat about;
    if (!is_source(file))
        return NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > FILE_MOST ||
        read_so_far + (uint64_t)about.st_size > BUDGET_MOST) {
        close(fd);
        return NULL;
    }
    read_so_far += (uint64_t)about.st_size;
    *changed_ms = (int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000;
    FILE *stream = fdopen(fd, "r");
    if (stream == NULL)
        close(fd);
    return stream;
}

/* Without its end; cut between characters. */
static char *shown(const char *line, size_t length)
{
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length > SW_SOURCE_WIDTH) {
        length = SW_SOURCE_WIDTH;
        while (length > 0 && ((unsigned char)line[length] & 0xc0) == 0x80)
            length--;
    }
    return strndup(line, length);
}

bool sw_source_read(struct sw_source *source, const char *file, uint32_t line)
{
    memset(source, 0, sizeof *source);
    FILE *stream = line == 0 ? NULL : open_source(file, &source->changed_ms);
    if (stream == NULL)
        return false;
    char *buffer = NULL;
    size_t size = 0;
    ssize_t length;
    uint32_t number = 0;
    bool binary = false;
    source->first = line > SW_SOURCE_AROUND ? line - SW_SOURCE_AROUND : 1;
    while (!binary && number < line + SW_SOURCE_AROUND &&
           (length = getline(&buffer, &size, stream)) >= 0) {
        number++;
        binary = memchr(buffer, '\0', (size_t)length) != NULL;
        if (number >= source->first && !binary) {
            source->lines[source->count] = shown(buffer, (size_t)length);
            source->count += source->lines[source->count] != NULL;
        }
    }
    free(buffer);
    fclose(stream);
    if (!binary && number >= line)
        return true;
    sw_source_release(source);
    return false;
}

void sw_source_release(struct sw_source *source)
{
    for (unsigned i = 0; i < source->count; i++)
        free(source->lines[i]);
    source->count = 0;
}
