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

#include "preload/interpose/wrap.h"
#include "preload/notes/loop.h"

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

static void note_closed(int fd)
{
    if (SW_UNLIKELY(fd < 0))
        return;
    SW_CLOSES_COUNT(fd)++;
    if (SW_UNLIKELY(SW_CLOSES_MATTER(fd)))
        sw_loop_descriptor_closed(fd);
}

static void note_range_closed(unsigned int first, unsigned int last)
{
    for (unsigned int fd = first; fd <= last && fd < SW_CLOSES_DESCRIPTORS; fd++)
        note_closed((int)fd);
}

#define CLOSE_WRAPPER(name, as, type, what, descriptor)                                            \
    SW_EXPORT int name(type what)                                                                  \
    {                                                                                              \
        struct sw_call call;                                                                       \
        int closing = descriptor;                                                                  \
        note_closed(closing);                                                                      \
        if (SW_CALL_UNNOTED())                                                                     \
            return SW_NEXT(name)(what);                                                            \
        SW_CALL_BEGIN(call, SW_CALL_##as, closing, 0, 0);                                          \
        int result = SW_NEXT(name)(what);                                                          \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

/* libc closes a stream's descriptor, and a directory's, without passing close. */
CLOSE_WRAPPER(close, close, int, fd, fd)
CLOSE_WRAPPER(__close, close, int, fd, fd)
CLOSE_WRAPPER(fclose, fclose, FILE *, stream, fileno(stream))
CLOSE_WRAPPER(pclose, pclose, FILE *, stream, fileno(stream))
CLOSE_WRAPPER(closedir, closedir, DIR *, directory, dirfd(directory))

#define REOPEN_WRAPPER(name)                                                                       \
    SW_EXPORT FILE *name(const char *path, const char *mode, FILE *stream)                         \
    {                                                                                              \
        struct sw_call call;                                                                       \
        note_closed(fileno(stream));                                                               \
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
        note_closed(to);
    return SW_NEXT(dup2)(from, to);
}

SW_EXPORT int dup3(int from, int to, int flags)
{
    note_closed(to);
    return SW_NEXT(dup3)(from, to, flags);
}

SW_EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
    if (flags == 0)
        note_range_closed(first, last);
    return SW_NEXT(close_range)(first, last, flags);
}

SW_EXPORT void closefrom(int first)
{
    note_range_closed(first < 0 ? 0 : (unsigned int)first, ~0u);
    SW_NEXT(closefrom)(first);
}
