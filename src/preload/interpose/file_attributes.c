/* Owners, modes, times and extended attributes, and the directory that names begin in: on a network
 * file system all of them ask the server. Any thread; see wrap.h. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

#define NAME(path)               (uintptr_t)(path), AT_FDCWD, 0
#define NAME_AT(directory, path) (uintptr_t)(path), (directory), 0

#define WRAP(...)       SW_WRAP_READS_ONE(SW_MINUS_ONE, int, __VA_ARGS__)
#define WRAP_SSIZE(...) SW_WRAP_READS_ONE(SW_MINUS_ONE, ssize_t, __VA_ARGS__)

WRAP(chown, chown, (const char *path, uid_t user, gid_t group), (path, user, group), NAME(path))
WRAP(lchown, lchown, (const char *path, uid_t user, gid_t group), (path, user, group), NAME(path))
WRAP(fchownat, fchownat, (int directory, const char *path, uid_t user, gid_t group, int flags),
     (directory, path, user, group, flags), NAME_AT(directory, path))
WRAP(fchmodat, fchmodat, (int directory, const char *path, mode_t mode, int flags),
     (directory, path, mode, flags), NAME_AT(directory, path))
WRAP(chdir, chdir, (const char *path), (path), NAME(path))
SW_WRAP(int, fchown, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), fd, 0, 0)
SW_WRAP(int, fchmod, fchmod, (int fd, mode_t mode), (fd, mode), fd, 0, 0)
SW_WRAP(int, fchdir, fchdir, (int fd), (fd), fd, 0, 0)
SW_WRAP(int, futimens, futimens, (int fd, const struct timespec times[2]), (fd, times), fd, 0, 0)
/* No name: the descriptor's own times. */
WRAP(utimensat, utimensat,
     (int directory, const char *path, const struct timespec times[2], int flags),
     (directory, path, times, flags), NAME_AT(directory, path))

WRAP_SSIZE(getxattr, getxattr, (const char *path, const char *name, void *to, size_t size),
           (path, name, to, size), NAME(path))
WRAP_SSIZE(lgetxattr, lgetxattr, (const char *path, const char *name, void *to, size_t size),
           (path, name, to, size), NAME(path))
WRAP_SSIZE(listxattr, listxattr, (const char *path, char *to, size_t size), (path, to, size),
           NAME(path))
WRAP(setxattr, setxattr,
     (const char *path, const char *name, const void *from, size_t size, int flags),
     (path, name, from, size, flags), NAME(path))
WRAP(lsetxattr, lsetxattr,
     (const char *path, const char *name, const void *from, size_t size, int flags),
     (path, name, from, size, flags), NAME(path))
WRAP_SSIZE(llistxattr, llistxattr, (const char *path, char *to, size_t size), (path, to, size),
           NAME(path))
WRAP(removexattr, removexattr, (const char *path, const char *name), (path, name), NAME(path))
WRAP(lremovexattr, lremovexattr, (const char *path, const char *name), (path, name), NAME(path))
SW_WRAP(ssize_t, flistxattr, flistxattr, (int fd, char *to, size_t size), (fd, to, size), fd, 0, 0)
SW_WRAP(int, fremovexattr, fremovexattr, (int fd, const char *name), (fd, name), fd, 0, 0)
SW_WRAP(ssize_t, fgetxattr, fgetxattr, (int fd, const char *name, void *to, size_t size),
        (fd, name, to, size), fd, 0, 0)
SW_WRAP(int, fsetxattr, fsetxattr,
        (int fd, const char *name, const void *from, size_t size, int flags),
        (fd, name, from, size, flags), fd, 0, 0)
