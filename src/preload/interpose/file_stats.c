/* The stat family, with the names that programs linked before glibc 2.33 call it by (the version
 * of struct stat comes first there). Any thread; see wrap.h. */
#include <fcntl.h>
#include <sys/stat.h>

#include "preload/interpose/wrap.h"

int __xstat(int version, const char *path, struct stat *to);
int __xstat64(int version, const char *path, struct stat64 *to);
int __lxstat(int version, const char *path, struct stat *to);
int __lxstat64(int version, const char *path, struct stat64 *to);
int __fxstat(int version, int fd, struct stat *to);
int __fxstat64(int version, int fd, struct stat64 *to);
int __fxstatat(int version, int directory, const char *path, struct stat *to, int flags);
int __fxstatat64(int version, int directory, const char *path, struct stat64 *to, int flags);

#define WRAP(...)                SW_WRAP_READS_ONE(SW_MINUS_ONE, int, __VA_ARGS__)
#define NAME(path)               (uintptr_t)(path), AT_FDCWD, 0
#define NAME_AT(directory, path) (uintptr_t)(path), (directory), 0

WRAP(stat, stat, (const char *path, struct stat *to), (path, to), NAME(path))
WRAP(stat64, stat, (const char *path, struct stat64 *to), (path, to), NAME(path))
WRAP(__xstat, stat, (int version, const char *path, struct stat *to), (version, path, to),
     NAME(path))
WRAP(__xstat64, stat, (int version, const char *path, struct stat64 *to), (version, path, to),
     NAME(path))
WRAP(lstat, lstat, (const char *path, struct stat *to), (path, to), NAME(path))
WRAP(lstat64, lstat, (const char *path, struct stat64 *to), (path, to), NAME(path))
WRAP(__lxstat, lstat, (int version, const char *path, struct stat *to), (version, path, to),
     NAME(path))
WRAP(__lxstat64, lstat, (int version, const char *path, struct stat64 *to), (version, path, to),
     NAME(path))
WRAP(fstatat, fstatat, (int directory, const char *path, struct stat *to, int flags),
     (directory, path, to, flags), NAME_AT(directory, path))
WRAP(fstatat64, fstatat, (int directory, const char *path, struct stat64 *to, int flags),
     (directory, path, to, flags), NAME_AT(directory, path))
WRAP(__fxstatat, fstatat,
     (int version, int directory, const char *path, struct stat *to, int flags),
     (version, directory, path, to, flags), NAME_AT(directory, path))
WRAP(__fxstatat64, fstatat,
     (int version, int directory, const char *path, struct stat64 *to, int flags),
     (version, directory, path, to, flags), NAME_AT(directory, path))
WRAP(statx, statx,
     (int directory, const char *path, int flags, unsigned int mask, struct statx *to),
     (directory, path, flags, mask, to), NAME_AT(directory, path))

SW_WRAP(int, fstat, fstat, (int fd, struct stat *to), (fd, to), fd, 0, 0)
SW_WRAP(int, fstat64, fstat, (int fd, struct stat64 *to), (fd, to), fd, 0, 0)
SW_WRAP(int, __fxstat, fstat, (int version, int fd, struct stat *to), (version, fd, to), fd, 0, 0)
SW_WRAP(int, __fxstat64, fstat, (int version, int fd, struct stat64 *to), (version, fd, to), fd, 0,
        0)
