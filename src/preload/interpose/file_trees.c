/*
 * Whole trees of files, names that a shell would expand, and names that libc makes up. What the
 * tree walkers call back belongs to them. Any thread; see wrap.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wordexp.h>

#include "preload/interpose/wrap.h"

#define NAME(path)               (uintptr_t)(path), AT_FDCWD, 0
#define NAME_AT(directory, path) (uintptr_t)(path), (directory), 0

#define WRAP(...) SW_WRAP_READS_ONE(SW_MINUS_ONE, int, __VA_ARGS__)

WRAP(ftw, ftw, (const char *path, __ftw_func_t each, int most), (path, each, most), NAME(path))
WRAP(ftw64, ftw, (const char *path, __ftw64_func_t each, int most), (path, each, most), NAME(path))
WRAP(nftw, nftw, (const char *path, __nftw_func_t each, int most, int flags),
     (path, each, most, flags), NAME(path))
WRAP(nftw64, nftw, (const char *path, __nftw64_func_t each, int most, int flags),
     (path, each, most, flags), NAME(path))

/* fts(3) has its names in an array of them, and changes directory: no detail. */
typedef int fts_order(const FTSENT **one, const FTSENT **other);
typedef int fts64_order(const FTSENT64 **one, const FTSENT64 **other);
SW_WRAP(FTS *, fts_open, fts_open, (char *const *paths, int options, fts_order *order),
        (paths, options, order), 0, 0, 0)
SW_WRAP(FTS64 *, fts64_open, fts_open, (char *const *paths, int options, fts64_order *order),
        (paths, options, order), 0, 0, 0)
SW_WRAP(FTSENT *, fts_read, fts_read, (FTS * tree), (tree), 0, 0, 0)
SW_WRAP(FTSENT64 *, fts64_read, fts_read, (FTS64 * tree), (tree), 0, 0, 0)
SW_WRAP(FTSENT *, fts_children, fts_children, (FTS * tree, int options), (tree, options), 0, 0, 0)
SW_WRAP(FTSENT64 *, fts64_children, fts_children, (FTS64 * tree, int options), (tree, options), 0,
        0, 0)

/* The words may run a shell; they are read before anything else is done. */
SW_WRAP_FULL(int, wordexp, wordexp, (const char *words, wordexp_t *found, int flags),
             (words, found, flags), true, (uintptr_t)words, 0, 0)

typedef int filter_function(const struct dirent *entry);
typedef int filter64_function(const struct dirent64 *entry);
typedef int order_function(const struct dirent **one, const struct dirent **other);
typedef int order64_function(const struct dirent64 **one, const struct dirent64 **other);
WRAP(scandirat, scandirat,
     (int directory, const char *path, struct dirent ***list, filter_function *filter,
      order_function *order),
     (directory, path, list, filter, order), NAME_AT(directory, path))
WRAP(scandirat64, scandirat,
     (int directory, const char *path, struct dirent64 ***list, filter64_function *filter,
      order64_function *order),
     (directory, path, list, filter, order), NAME_AT(directory, path))

/* The name that was made stands where the template did. */
WRAP(mkstemp, mkstemp, (char *path), (path), NAME(path))
WRAP(mkstemp64, mkstemp, (char *path), (path), NAME(path))
WRAP(mkostemp, mkstemp, (char *path, int flags), (path, flags), NAME(path))
WRAP(mkostemp64, mkstemp, (char *path, int flags), (path, flags), NAME(path))
WRAP(mkstemps, mkstemp, (char *path, int behind), (path, behind), NAME(path))
WRAP(mkstemps64, mkstemp, (char *path, int behind), (path, behind), NAME(path))
WRAP(mkostemps, mkstemp, (char *path, int behind, int flags), (path, behind, flags), NAME(path))
WRAP(mkostemps64, mkstemp, (char *path, int behind, int flags), (path, behind, flags), NAME(path))
SW_WRAP_READS_ONE(SW_NULL_RESULT, char *, mkdtemp, mkdtemp, (char *path), (path), NAME(path))
SW_WRAP_READS_ONE(SW_NULL_RESULT, char *, canonicalize_file_name, realpath, (const char *path),
                  (path), NAME(path))
SW_WRAP_READS_ONE(SW_MINUS_ONE, int, shm_open, shm_open, (const char *name, int flags, mode_t mode),
                  (name, flags, mode), (uintptr_t)name, 0, 0)
