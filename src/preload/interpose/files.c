/* Reads and writes by descriptor, with their vector, positioned, 64-bit, fortified and internal
 * names. Any thread; see wrap.h. Cancellation points. */
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <fcntl.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

/* Exported by libc, not declared for users. */
ssize_t __read(int fd, void *to, size_t size);
ssize_t __write(int fd, const void *from, size_t size);
ssize_t __pread64(int fd, void *to, size_t size, off64_t offset);
ssize_t __pwrite64(int fd, const void *from, size_t size, off64_t offset);
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t size, off_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *to, size_t size, off64_t offset, size_t room);

SW_WRAP(ssize_t, read, read, (int fd, void *to, size_t size), (fd, to, size), fd, size, 0)
SW_WRAP(ssize_t, __read, read, (int fd, void *to, size_t size), (fd, to, size), fd, size, 0)
SW_WRAP(ssize_t, __read_chk, read, (int fd, void *to, size_t size, size_t room),
        (fd, to, size, room), fd, size, 0)
SW_WRAP(ssize_t, pread, pread, (int fd, void *to, size_t size, off_t offset),
        (fd, to, size, offset), fd, size, 0)
SW_WRAP(ssize_t, pread64, pread, (int fd, void *to, size_t size, off64_t offset),
        (fd, to, size, offset), fd, size, 0)
SW_WRAP(ssize_t, __pread64, pread, (int fd, void *to, size_t size, off64_t offset),
        (fd, to, size, offset), fd, size, 0)
SW_WRAP(ssize_t, __pread_chk, pread, (int fd, void *to, size_t size, off_t offset, size_t room),
        (fd, to, size, offset, room), fd, size, 0)
SW_WRAP(ssize_t, __pread64_chk, pread, (int fd, void *to, size_t size, off64_t offset, size_t room),
        (fd, to, size, offset, room), fd, size, 0)
SW_WRAP(ssize_t, readv, readv, (int fd, const struct iovec *parts, int count), (fd, parts, count),
        fd, count, 0)
SW_WRAP(ssize_t, preadv, preadv, (int fd, const struct iovec *parts, int count, off_t offset),
        (fd, parts, count, offset), fd, count, 0)
SW_WRAP(ssize_t, preadv64, preadv, (int fd, const struct iovec *parts, int count, off64_t offset),
        (fd, parts, count, offset), fd, count, 0)
SW_WRAP(ssize_t, preadv2, preadv2,
        (int fd, const struct iovec *parts, int count, off_t offset, int flags),
        (fd, parts, count, offset, flags), fd, count, 0)
SW_WRAP(ssize_t, preadv64v2, preadv2,
        (int fd, const struct iovec *parts, int count, off64_t offset, int flags),
        (fd, parts, count, offset, flags), fd, count, 0)

SW_WRAP(ssize_t, write, write, (int fd, const void *from, size_t size), (fd, from, size), fd, size,
        0)
SW_WRAP(ssize_t, __write, write, (int fd, const void *from, size_t size), (fd, from, size), fd,
        size, 0)
SW_WRAP(ssize_t, pwrite, pwrite, (int fd, const void *from, size_t size, off_t offset),
        (fd, from, size, offset), fd, size, 0)
SW_WRAP(ssize_t, pwrite64, pwrite, (int fd, const void *from, size_t size, off64_t offset),
        (fd, from, size, offset), fd, size, 0)
SW_WRAP(ssize_t, __pwrite64, pwrite, (int fd, const void *from, size_t size, off64_t offset),
        (fd, from, size, offset), fd, size, 0)
SW_WRAP(ssize_t, writev, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
        fd, count, 0)
SW_WRAP(ssize_t, pwritev, pwritev, (int fd, const struct iovec *parts, int count, off_t offset),
        (fd, parts, count, offset), fd, count, 0)
SW_WRAP(ssize_t, pwritev64, pwritev, (int fd, const struct iovec *parts, int count, off64_t offset),
        (fd, parts, count, offset), fd, count, 0)
SW_WRAP(ssize_t, pwritev2, pwritev2,
        (int fd, const struct iovec *parts, int count, off_t offset, int flags),
        (fd, parts, count, offset, flags), fd, count, 0)
SW_WRAP(ssize_t, pwritev64v2, pwritev2,
        (int fd, const struct iovec *parts, int count, off64_t offset, int flags),
        (fd, parts, count, offset, flags), fd, count, 0)

/* From one descriptor to another, noted in that order. */
SW_WRAP(ssize_t, sendfile, sendfile, (int to, int from, off_t *offset, size_t size),
        (to, from, offset, size), from, to, 0)
SW_WRAP(ssize_t, sendfile64, sendfile, (int to, int from, off64_t *offset, size_t size),
        (to, from, offset, size), from, to, 0)
SW_WRAP(ssize_t, splice, splice,
        (int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size,
         unsigned int flags),
        (from, from_offset, to, to_offset, size, flags), from, to, 0)
SW_WRAP(ssize_t, vmsplice, vmsplice,
        (int fd, const struct iovec *parts, size_t count, unsigned int flags),
        (fd, parts, count, flags), fd, 0, 0)
SW_WRAP(ssize_t, tee, tee, (int from, int to, size_t size, unsigned int flags),
        (from, to, size, flags), from, to, 0)
SW_WRAP(ssize_t, copy_file_range, copy_file_range,
        (int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size,
         unsigned int flags),
        (from, from_offset, to, to_offset, size, flags), from, to, 0)
