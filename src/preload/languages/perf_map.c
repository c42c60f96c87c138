/*
 * See perf_map.h. The file grows as the program compiles: what is new is read when a name is asked
 * for, a bounded part at a time, and of each line only where its code is and where in the file its
 * name stands. Code is thrown away and its place used anew, so the last line that fits is right.
 *
 * /tmp is everybody's: only a regular file of the process's own user or of root is read, no link
 * followed. The pid is the one that the process sees itself (pid_namespaces(7)): its runtime sees
 * the same.
 */
#include "preload/languages/perf_map.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/languages/intern.h"
#include "preload/languages/perf_map_line.h"

#define ENTRIES   (1u << 18)           /* the newest that many lines are known: 6 MiB of them */
#define MOST_READ (UINT64_C(64) << 20) /* bytes at one question */
#define NAME_MOST 512
#define BUFFER    65536

struct entry {
    uint64_t start, name; /* name: the byte of the file that it begins at */
    uint32_t size, length;
};

static struct {
    char path[64]; /* "": by the process's pid */
    struct entry *entry;
    uint64_t count; /* lines read: entry[count % ENTRIES] is the next one's */
    uint64_t read;  /* bytes of the file */
    dev_t device;
    ino_t inode;
} map;

void sw_perf_map_use(const char *path)
{
    struct sw_text text;
    sw_text_init(&text, map.path, sizeof map.path);
    sw_text_string(&text, path);
    map.count = map.read = 0;
    map.inode = 0;
}

static int open_map(struct stat *status)
{
    char path[64];
    struct sw_text text;
    sw_text_init(&text, path, sizeof path);
    sw_text_string(&text, map.path);
    if (map.path[0] == '\0') {
        sw_text_string(&text, "/tmp/perf-");
        sw_text_unsigned(&text, (uint64_t)sw_kernel_getpid());
        sw_text_string(&text, ".map");
    }
    int fd = sw_kernel_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return fd;
    if (sw_kernel3(SYS_fstat, fd, (long)status, 0) == 0 && S_ISREG(status->st_mode) &&
        (status->st_uid == 0 || status->st_uid == (uid_t)sw_kernel3(SYS_geteuid, 0, 0, 0)))
        return fd;
    sw_kernel_close(fd);
    return -1;
}

static bool have_room(void)
{
    if (map.entry != NULL)
        return true;
    long address = sw_kernel6(SYS_mmap, 0, ENTRIES * sizeof(struct entry), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address < 0 && address > -4096)
        return false;
    map.entry = (struct entry *)address;
    return true;
}

static void add(const char *bytes, size_t length, uint64_t at)
{
    struct sw_perf_map_line line;
    if (!sw_perf_map_line(bytes, length, &line) || line.size > UINT32_MAX)
        return;
    struct entry *entry = &map.entry[map.count++ % ENTRIES];
    entry->start = line.start;
    entry->size = (uint32_t)line.size;
    entry->name = at + line.name;
    entry->length = line.length < NAME_MOST ? (uint32_t)line.length : NAME_MOST;
}

/* The whole lines of a part of the file that begins at `at`; returns how many bytes they are. */
static size_t add_lines(const char *bytes, size_t length, uint64_t at)
{
    size_t done = 0;
    const char *end;
    while ((end = memchr(bytes + done, '\n', length - done)) != NULL) {
        add(bytes + done, (size_t)(end - bytes) - done, at + done);
        done = (size_t)(end - bytes) + 1;
    }
    return done;
}

static void read_on(int fd, const struct stat *status)
{
    static char buffer[BUFFER];
    uint64_t size = (uint64_t)status->st_size, until = map.read + MOST_READ;
    if (map.inode != status->st_ino || map.device != status->st_dev || size < map.read) {
        map.inode = status->st_ino;
        map.device = status->st_dev;
        map.count = map.read = 0;
        /* Of a file larger than what is read at once the end: the newest. */
        map.read = size > MOST_READ ? size - MOST_READ : 0;
        until = size;
    }
    while (map.read < size && map.read < until) {
        long got = sw_kernel_pread(fd, buffer, sizeof buffer, map.read);
        if (got <= 0)
            return;
        size_t done = add_lines(buffer, (size_t)got, map.read);
        if (done == 0 && (size_t)got < sizeof buffer)
            return; /* a line that is still being written */
        map.read += done != 0 ? done : sizeof buffer;
    }
}

const char *sw_perf_map_name(uint64_t address)
{
    struct stat status;
    char name[NAME_MOST];
    const char *found = NULL;
    int fd = open_map(&status);
    if (fd < 0)
        return NULL;
    if (have_room()) {
        read_on(fd, &status);
        uint64_t known = map.count < ENTRIES ? map.count : ENTRIES;
        for (uint64_t i = 1; i <= known && found == NULL; i++) {
            const struct entry *entry = &map.entry[(map.count - i) % ENTRIES];
            if (address - entry->start >= entry->size)
                continue;
            if (sw_kernel_pread(fd, name, entry->length, entry->name) != (long)entry->length)
                break;
            found = sw_intern(name, entry->length);
        }
    }
    sw_kernel_close(fd);
    return found;
}
