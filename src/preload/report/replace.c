/*
 * See replace.h. Called by watch/tell/metrics.c.
 *
 * The new file is written beside the old one, and rename(2) puts it in its place: both have to be
 * in one folder. Its name begins with a dot and does not end in .prom, so that node exporter's
 * textfile collector passes it over; it is made with O_EXCL and has the clock in it, since pids are
 * the same in many containers that share a folder. A full disk shows in write or in close.
 */
#include "preload/report/replace.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/kernel.h"
#include "common/text.h"
#include "preload/notes/clock.h"
#include "preload/report/descriptors.h"

#define PATH_MOST 4200
#define TRIES     4

/* rename(2) would put a file in the place of a device or a FIFO, too: /dev/null, for root. */
static int look_at_old(const char *path)
{
    struct stat about;
    long error =
        sw_kernel6(SYS_newfstatat, AT_FDCWD, (long)path, (long)&about, AT_SYMLINK_NOFOLLOW, 0, 0);
    if (error == -ENOENT)
        return 0;
    if (error != 0)
        return (int)error;
    return S_ISREG(about.st_mode) ? 0 : S_ISLNK(about.st_mode) ? -ELOOP : -EINVAL;
}

static int open_beside(const char *path, char beside[PATH_MOST])
{
    const char *slash = strrchr(path, '/');
    int fd = -EEXIST;
    for (unsigned i = 0; i < TRIES && fd == -EEXIST; i++) {
        struct sw_text text;
        sw_text_init(&text, beside, PATH_MOST);
        sw_text_bytes(&text, path, slash != NULL ? (size_t)(slash - path) + 1 : 0);
        sw_text_string(&text, ".stallwatch-");
        sw_text_signed(&text, sw_kernel_getpid());
        sw_text_char(&text, '-');
        sw_text_hex(&text, sw_clock_monotonic_ns(), 1);
        sw_text_string(&text, ".tmp");
        if (text.truncated)
            return -ENAMETOOLONG;
        fd = sw_kernel_open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
                            0644);
    }
    return fd < 0 ? fd : sw_descriptors_keep(fd);
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        long wrote = sw_kernel_write(fd, bytes, length);
        if (wrote == -EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? (int)wrote : -EIO;
        bytes += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

int sw_replace_file(const char *path, const char *bytes, size_t length)
{
    char beside[PATH_MOST];
    int error = look_at_old(path);
    int fd = error == 0 ? open_beside(path, beside) : error;
    if (fd < 0)
        return fd;
    error = (int)sw_kernel3(SYS_fchmod, fd, 0644, 0);
    if (error == 0)
        error = write_all(fd, bytes, length);
    int closed = sw_kernel_close(fd);
    if (error == 0)
        error = closed;
    if (error == 0)
        error = (int)sw_kernel6(SYS_renameat, AT_FDCWD, (long)beside, AT_FDCWD, (long)path, 0, 0);
    if (error != 0)
        sw_kernel3(SYS_unlinkat, AT_FDCWD, (long)beside, 0);
    return error;
}
