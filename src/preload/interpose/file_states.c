/* What is asked of a file by its descriptor: writing it out, its size. Any thread; see wrap.h. */
#include <fcntl.h>
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
