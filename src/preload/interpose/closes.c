/*
 * What closes descriptors: a loop is over when its descriptor is. These are calls that may block,
 * too: the last close of a file may have to write it out (close(2), NFS), a stream its buffer, and
 * pclose(3) waits for its process. Any thread.
 *
 * Descriptor 2 is looked at too: a helper that holds a copy of standard error lets go of it when
 * the program does.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "preload/interpose/closes.h"
#include "preload/interpose/wrap.h"

SW_NEXT_DEFINE(close);
SW_NEXT_DEFINE(dup2);
SW_NEXT_DEFINE(dup3);
int __close(int fd);
SW_NEXT_DEFINE_COLD(__close);
SW_NEXT_DEFINE_COLD(fclose);
SW_NEXT_DEFINE_COLD(pclose);
SW_NEXT_DEFINE_COLD(closedir);
SW_NEXT_DEFINE_COLD(freopen);
SW_NEXT_DEFINE_COLD(freopen64);

/* In glibc from 2.34 on; looked up by name. */
int close_range(unsigned int first, unsigned int last, int flags);
void closefrom(int first);
SW_NEXT_DEFINE_COLD(close_range);
SW_NEXT_DEFINE_COLD(closefrom);

#define CLOSE_WRAPPER(name, as, type, what, descriptor)                                            \
    SW_EXPORT int name(type what)                                                                  \
    {                                                                                              \
        struct sw_call call;                                                                       \
        int closing = descriptor;                                                                  \
        sw_closes_note(closing);                                                                   \
        if (SW_CALL_UNNOTED())                                                                     \
            return SW_NEXT(name)(what);                                                            \
        SW_CALL_BEGIN(call, SW_CALL_##as, closing, 0, 0);                                          \
        int result = SW_NEXT(name)(what);                                                          \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

/* <dirent.h> says that there is one, and closedir(3) looks all the same: EINVAL, where dirfd(3)
 * would fault. */
static int descriptor_of(DIR *directory)
{
    DIR *volatile given = directory;
    return given != NULL ? dirfd(directory) : -1;
}

/* libc closes a stream's descriptor, and a directory's, without passing close. */
CLOSE_WRAPPER(close, close, int, fd, fd)
CLOSE_WRAPPER(__close, close, int, fd, fd)
/* A stream without a descriptor has a negative one; fileno(3) would set errno for it. */
CLOSE_WRAPPER(fclose, fclose, FILE *, stream, stream->_fileno)
CLOSE_WRAPPER(pclose, pclose, FILE *, stream, stream->_fileno)
CLOSE_WRAPPER(closedir, closedir, DIR *, directory, descriptor_of(directory))

#define REOPEN_WRAPPER(name)                                                                       \
    SW_EXPORT FILE *name(const char *path, const char *mode, FILE *stream)                         \
    {                                                                                              \
        struct sw_call call;                                                                       \
        sw_closes_note(stream->_fileno);                                                           \
        SW_CALL_BEGIN(call, SW_CALL_freopen, (uintptr_t)path, AT_FDCWD, 0);                        \
        FILE *result = SW_NEXT(name)(path, mode, stream);                                          \
        call.pointers = sw_error_after_reading(SW_NULL_RESULT(result));                            \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

REOPEN_WRAPPER(freopen)
REOPEN_WRAPPER(freopen64)

SW_EXPORT int dup2(int from, int to)
{
    if (from != to)
        sw_closes_note(to);
    return SW_NEXT(dup2)(from, to);
}

SW_EXPORT int dup3(int from, int to, int flags)
{
    sw_closes_note(to);
    return SW_NEXT(dup3)(from, to, flags);
}

SW_EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
    if (flags == 0)
        sw_closes_note_range(first, last);
    return SW_NEXT(close_range)(first, last, flags);
}

SW_EXPORT void closefrom(int first)
{
    sw_closes_note_range(first < 0 ? 0 : (unsigned int)first, ~0u);
    SW_NEXT(closefrom)(first);
}
