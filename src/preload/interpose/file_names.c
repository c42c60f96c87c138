/* Calls that take the name of a file. Any thread; see wrap.h. The names are read at the end only
 * where the call has read them. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

/* Exported by libc, not declared for users. */
int __open(const char *path, int flags, ...);
int __open64(const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);
int __statfs(const char *path, struct statfs *to);
char *__realpath_chk(const char *path, char *to, size_t room);
ssize_t __readlink_chk(const char *path, char *to, size_t size, size_t room);
ssize_t __readlinkat_chk(int directory, const char *path, char *to, size_t size, size_t room);

#define NAME(path)                (uintptr_t)(path), AT_FDCWD, 0
#define NAME_AT(directory, path)  (uintptr_t)(path), (directory), 0
#define TWO_NAMES(path, new_path) (uintptr_t)(path), (uintptr_t)(new_path), 0

/* The mode is there only for flags that make a file. */
#define MODE_OF(flags, mode)                                                                       \
    mode_t mode = 0;                                                                               \
    if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) {                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

#define OPEN_WRAPPER(name)                                                                         \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name(const char *path, int flags, ...)                                           \
    {                                                                                              \
        MODE_OF(flags, mode)                                                                       \
        if (SW_CALL_UNNOTED())                                                                     \
            return SW_NEXT(name)(path, flags, mode);                                               \
        struct sw_call call;                                                                       \
        SW_CALL_BEGIN(call, SW_CALL_open, (uintptr_t)path, AT_FDCWD, 0);                           \
        int result = SW_NEXT(name)(path, flags, mode);                                             \
        call.pointers = sw_error_after_reading_one(SW_MINUS_ONE(result));                          \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

#define OPENAT_WRAPPER(name)                                                                       \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name(int directory, const char *path, int flags, ...)                            \
    {                                                                                              \
        MODE_OF(flags, mode)                                                                       \
        if (SW_CALL_UNNOTED())                                                                     \
            return SW_NEXT(name)(directory, path, flags, mode);                                    \
        struct sw_call call;                                                                       \
        SW_CALL_BEGIN(call, SW_CALL_openat, (uintptr_t)path, directory, 0);                        \
        int result = SW_NEXT(name)(directory, path, flags, mode);                                  \
        call.pointers = sw_error_after_reading_one(SW_MINUS_ONE(result));                          \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

OPEN_WRAPPER(open)
OPEN_WRAPPER(open64)
OPEN_WRAPPER(__open)
OPEN_WRAPPER(__open64)
OPENAT_WRAPPER(openat)
OPENAT_WRAPPER(openat64)

#define WRAP(...)         SW_WRAP_READS_ONE(SW_MINUS_ONE, int, __VA_ARGS__)
#define WRAP_TWO(...)     SW_WRAP_READS(SW_MINUS_ONE, int, __VA_ARGS__)
#define WRAP_SSIZE(...)   SW_WRAP_READS_ONE(SW_MINUS_ONE, ssize_t, __VA_ARGS__)
#define WRAP_POINTER(...) SW_WRAP_READS_ONE(SW_NULL_RESULT, char *, __VA_ARGS__)

WRAP(__open_2, open, (const char *path, int flags), (path, flags), NAME(path))
WRAP(__open64_2, open, (const char *path, int flags), (path, flags), NAME(path))
WRAP(__openat_2, openat, (int directory, const char *path, int flags), (directory, path, flags),
     NAME_AT(directory, path))
WRAP(__openat64_2, openat, (int directory, const char *path, int flags), (directory, path, flags),
     NAME_AT(directory, path))
WRAP(creat, creat, (const char *path, mode_t mode), (path, mode), NAME(path))
WRAP(creat64, creat, (const char *path, mode_t mode), (path, mode), NAME(path))

WRAP(access, access, (const char *path, int mode), (path, mode), NAME(path))
WRAP(faccessat, faccessat, (int directory, const char *path, int mode, int flags),
     (directory, path, mode, flags), NAME_AT(directory, path))
WRAP(chmod, chmod, (const char *path, mode_t mode), (path, mode), NAME(path))
WRAP(truncate, truncate, (const char *path, off_t size), (path, size), NAME(path))
WRAP(truncate64, truncate, (const char *path, off64_t size), (path, size), NAME(path))
WRAP(statfs, statfs, (const char *path, struct statfs *to), (path, to), NAME(path))
WRAP(statfs64, statfs, (const char *path, struct statfs64 *to), (path, to), NAME(path))
WRAP(__statfs, statfs, (const char *path, struct statfs *to), (path, to), NAME(path))
WRAP(statvfs, statvfs, (const char *path, struct statvfs *to), (path, to), NAME(path))
WRAP(statvfs64, statvfs, (const char *path, struct statvfs64 *to), (path, to), NAME(path))
WRAP(unlink, unlink, (const char *path), (path), NAME(path))
WRAP(unlinkat, unlinkat, (int directory, const char *path, int flags), (directory, path, flags),
     NAME_AT(directory, path))
WRAP(rmdir, rmdir, (const char *path), (path), NAME(path))
WRAP(remove, remove, (const char *path), (path), NAME(path))
WRAP(mkdir, mkdir, (const char *path, mode_t mode), (path, mode), NAME(path))
WRAP(mkdirat, mkdirat, (int directory, const char *path, mode_t mode), (directory, path, mode),
     NAME_AT(directory, path))

WRAP_TWO(rename, rename, (const char *path, const char *to), (path, to), TWO_NAMES(path, to))
WRAP_TWO(renameat, renameat, (int directory, const char *path, int to_directory, const char *to),
         (directory, path, to_directory, to), TWO_NAMES(path, to))
WRAP_TWO(renameat2, renameat2,
         (int directory, const char *path, int to_directory, const char *to, unsigned int flags),
         (directory, path, to_directory, to, flags), TWO_NAMES(path, to))
WRAP_TWO(link, link, (const char *path, const char *to), (path, to), TWO_NAMES(path, to))
WRAP_TWO(linkat, linkat,
         (int directory, const char *path, int to_directory, const char *to, int flags),
         (directory, path, to_directory, to, flags), TWO_NAMES(path, to))
WRAP_TWO(symlink, symlink, (const char *content, const char *path), (content, path),
         TWO_NAMES(content, path))
WRAP_TWO(symlinkat, symlinkat, (const char *content, int directory, const char *path),
         (content, directory, path), TWO_NAMES(content, path))

WRAP_SSIZE(readlink, readlink, (const char *path, char *to, size_t size), (path, to, size),
           NAME(path))
WRAP_SSIZE(__readlink_chk, readlink, (const char *path, char *to, size_t size, size_t room),
           (path, to, size, room), NAME(path))
WRAP_SSIZE(readlinkat, readlinkat, (int directory, const char *path, char *to, size_t size),
           (directory, path, to, size), NAME_AT(directory, path))
WRAP_SSIZE(__readlinkat_chk, readlinkat,
           (int directory, const char *path, char *to, size_t size, size_t room),
           (directory, path, to, size, room), NAME_AT(directory, path))
WRAP_POINTER(realpath, realpath, (const char *path, char *to), (path, to), NAME(path))
WRAP_POINTER(__realpath_chk, realpath, (const char *path, char *to, size_t room), (path, to, room),
             NAME(path))

/* Of a network file system, or one with much to write back. */
WRAP(mount, mount,
     (const char *source, const char *target, const char *type, unsigned long flags,
      const void *data),
     (source, target, type, flags, data), NAME(target))
WRAP(umount, umount, (const char *target), (target), NAME(target))
WRAP(umount2, umount2, (const char *target, int flags), (target, flags), NAME(target))
