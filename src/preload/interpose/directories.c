/* Reading directories. What scandir(3) and glob(3) call back belongs to them. Any thread; see
 * wrap.h. */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>

#include "preload/interpose/wrap.h"

#define NAME(path) (uintptr_t)(path), AT_FDCWD, 0

/* The order and the filter are functions; their types are long. */
typedef int filter_function(const struct dirent *entry);
typedef int filter64_function(const struct dirent64 *entry);
typedef int order_function(const struct dirent **one, const struct dirent **other);
typedef int order64_function(const struct dirent64 **one, const struct dirent64 **other);
typedef int problem_function(const char *path, int error);

SW_WRAP_READS_ONE(SW_NULL_RESULT, DIR *, opendir, opendir, (const char *path), (path), NAME(path))
SW_WRAP(struct dirent *, readdir, readdir, (DIR * directory), (directory), dirfd(directory), 0, 0)
SW_WRAP(struct dirent64 *, readdir64, readdir, (DIR * directory), (directory), dirfd(directory), 0,
        0)
SW_WRAP(ssize_t, getdents64, getdents, (int fd, void *to, size_t size), (fd, to, size), fd, 0, 0)
SW_WRAP_READS_ONE(SW_MINUS_ONE, int, scandir, scandir,
                  (const char *path, struct dirent ***list, filter_function *filter,
                   order_function *order),
                  (path, list, filter, order), NAME(path))
SW_WRAP_READS_ONE(SW_MINUS_ONE, int, scandir64, scandir,
                  (const char *path, struct dirent64 ***list, filter64_function *filter,
                   order64_function *order),
                  (path, list, filter, order), NAME(path))

/* A pattern is read before anything else is done. */
SW_WRAP_FULL(int, glob, glob,
             (const char *pattern, int flags, problem_function *problem, glob_t *found),
             (pattern, flags, problem, found), result == 0 || result == GLOB_NOMATCH, NAME(pattern))
SW_WRAP_FULL(int, glob64, glob,
             (const char *pattern, int flags, problem_function *problem, glob64_t *found),
             (pattern, flags, problem, found), result == 0 || result == GLOB_NOMATCH, NAME(pattern))
