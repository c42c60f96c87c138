/*
 * System calls without libc: errno is left alone, and neither our own wrappers nor other preloads'
 * are in the way.
 *
 * For the watchdog thread and the helper's intermediate task (which shares the watchdog's
 * thread-local storage, so must not touch errno). Each returns what the kernel does: a value, or a
 * negative errno.
 */
#ifndef SW_COMMON_KERNEL_H
#define SW_COMMON_KERNEL_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "common/kernel_call.h"

static inline long sw_kernel3(long number, long a, long b, long c)
{
    return sw_kernel6(number, a, b, c, 0, 0, 0);
}

static inline int sw_kernel_open(const char *path, int flags, int mode)
{
    return (int)sw_kernel6(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}

static inline long sw_kernel_read(int fd, void *to, size_t size)
{
    return sw_kernel3(SYS_read, fd, (long)to, (long)size);
}

static inline long sw_kernel_pread(int fd, void *to, size_t size, uint64_t offset)
{
    return sw_kernel6(SYS_pread64, fd, (long)to, (long)size, (long)offset, 0, 0);
}

static inline long sw_kernel_write(int fd, const void *from, size_t size)
{
    return sw_kernel3(SYS_write, fd, (long)from, (long)size);
}

static inline int sw_kernel_close(int fd)
{
    return (int)sw_kernel3(SYS_close, fd, 0, 0);
}

static inline int sw_kernel_getpid(void)
{
    return (int)sw_kernel3(SYS_getpid, 0, 0, 0);
}

static inline int sw_kernel_gettid(void)
{
    return (int)sw_kernel3(SYS_gettid, 0, 0, 0);
}

/* Reads a whole small file (of /proc) into `to`, ended by a NUL. Returns its length or a negative
 * errno. */
static inline long sw_kernel_slurp(const char *path, char *to, size_t size)
{
    int fd = sw_kernel_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd < 0)
        return fd;
    size_t length = 0;
    while (length + 1 < size) {
        long got = sw_kernel_read(fd, to + length, size - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    to[length] = '\0';
    sw_kernel_close(fd);
    return (long)length;
}

#endif
