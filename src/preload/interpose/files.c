/* Reads and writes by descriptor, and fsync(2). Any thread; see notes/call.h. Cancellation points.
 */
#include <sys/uio.h>
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/notes/call.h"

SW_NEXT_DEFINE(read);
SW_NEXT_DEFINE(pread);
SW_NEXT_DEFINE(pread64);
SW_NEXT_DEFINE(readv);
SW_NEXT_DEFINE(write);
SW_NEXT_DEFINE(pwrite);
SW_NEXT_DEFINE(pwrite64);
SW_NEXT_DEFINE(fsync);

SW_EXPORT ssize_t read(int fd, void *to, size_t size)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, fd, size, 0);
    ssize_t result = SW_NEXT(read)(fd, to, size);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_pread, fd, size, offset);
    ssize_t result = SW_NEXT(pread)(fd, to, size, offset);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT ssize_t pread64(int fd, void *to, size_t size, off64_t offset)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_pread, fd, size, offset);
    ssize_t result = SW_NEXT(pread64)(fd, to, size, offset);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_readv, fd, count, 0);
    ssize_t result = SW_NEXT(readv)(fd, parts, count);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT ssize_t write(int fd, const void *from, size_t size)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_write, fd, size, 0);
    ssize_t result = SW_NEXT(write)(fd, from, size);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_pwrite, fd, size, offset);
    ssize_t result = SW_NEXT(pwrite)(fd, from, size, offset);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT ssize_t pwrite64(int fd, const void *from, size_t size, off64_t offset)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_pwrite, fd, size, offset);
    ssize_t result = SW_NEXT(pwrite64)(fd, from, size, offset);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT int fsync(int fd)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_fsync, fd, 0, 0);
    int result = SW_NEXT(fsync)(fd);
    SW_CALL_END(call);
    return result;
}
