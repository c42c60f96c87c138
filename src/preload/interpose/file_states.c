/* What is asked of a file by its descriptor: writing it out, its size, its locks. Any thread; see
 * wrap.h. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

SW_WRAP(int, fsync, fsync, (int fd), (fd), fd, 0, 0)
SW_WRAP(int, fdatasync, fdatasync, (int fd), (fd), fd, 0, 0)
SW_WRAP(int, syncfs, syncfs, (int fd), (fd), fd, 0, 0)
SW_WRAP(int, sync_file_range, sync_file_range,
        (int fd, off64_t from, off64_t size, unsigned int flags), (fd, from, size, flags), fd, 0, 0)
SW_WRAP(int, msync, msync, (void *from, size_t size, int flags), (from, size, flags), size, 0, 0)

SW_NEXT_DEFINE_COLD(sync);

SW_EXPORT void sync(void)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_sync, 0, 0, 0);
    SW_NEXT(sync)();
    SW_CALL_END(call);
}

SW_WRAP(int, ftruncate, ftruncate, (int fd, off_t size), (fd, size), fd, 0, 0)
SW_WRAP(int, ftruncate64, ftruncate, (int fd, off64_t size), (fd, size), fd, 0, 0)
SW_WRAP(int, fallocate, fallocate, (int fd, int mode, off_t from, off_t size),
        (fd, mode, from, size), fd, 0, 0)
SW_WRAP(int, fallocate64, fallocate, (int fd, int mode, off64_t from, off64_t size),
        (fd, mode, from, size), fd, 0, 0)
SW_WRAP(int, posix_fallocate, posix_fallocate, (int fd, off_t from, off_t size), (fd, from, size),
        fd, 0, 0)
SW_WRAP(int, posix_fallocate64, posix_fallocate, (int fd, off64_t from, off64_t size),
        (fd, from, size), fd, 0, 0)

SW_WRAP(int, posix_fadvise, posix_fadvise, (int fd, off_t from, off_t size, int advice),
        (fd, from, size, advice), fd, 0, 0)
SW_WRAP(int, posix_fadvise64, posix_fadvise, (int fd, off64_t from, off64_t size, int advice),
        (fd, from, size, advice), fd, 0, 0)
SW_WRAP(ssize_t, readahead, readahead, (int fd, off64_t from, size_t size), (fd, from, size), fd, 0,
        0)

SW_WRAP(int, fstatfs, fstatfs, (int fd, struct statfs *to), (fd, to), fd, 0, 0)
SW_WRAP(int, fstatfs64, fstatfs, (int fd, struct statfs64 *to), (fd, to), fd, 0, 0)
SW_WRAP(int, fstatvfs, fstatvfs, (int fd, struct statvfs *to), (fd, to), fd, 0, 0)
SW_WRAP(int, fstatvfs64, fstatvfs, (int fd, struct statvfs64 *to), (fd, to), fd, 0, 0)

SW_WRAP(int, flock, flock, (int fd, int operation), (fd, operation), fd, 0, 0)
SW_WRAP(int, lockf, lockf, (int fd, int command, off_t size), (fd, command, size), fd, 0, 0)
SW_WRAP(int, lockf64, lockf, (int fd, int command, off64_t size), (fd, command, size), fd, 0, 0)

/* Of fcntl(2) only waiting for a lock blocks. Its third argument is of the size of a pointer at
 * most, whatever it is, as libc's own fcntl takes it. */
int __fcntl(int fd, int command, ...);

#define FCNTL_WRAPPER(name)                                                                        \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name(int fd, int command, ...)                                                   \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        if (SW_LIKELY(command != F_SETLKW && command != F_OFD_SETLKW))                             \
            return SW_NEXT(name)(fd, command, argument);                                           \
        struct sw_call call;                                                                       \
        SW_CALL_BEGIN(call, SW_CALL_fcntl, fd, 0, 0);                                              \
        int result = SW_NEXT(name)(fd, command, argument);                                         \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

FCNTL_WRAPPER(fcntl)
FCNTL_WRAPPER(fcntl64)
FCNTL_WRAPPER(__fcntl)
