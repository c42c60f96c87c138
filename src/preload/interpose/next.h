/*
 * The real functions behind our wrappers: the next definitions in the order of loading, found when
 * first called.
 *
 * Lazily, since looking all of them up when the library is loaded would slow every process down.
 * dlsym(3) takes the loader's lock, which is recursive, so a first call from a signal handler does
 * not hang on its own thread.
 */
#ifndef SW_INTERPOSE_NEXT_H
#define SW_INTERPOSE_NEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/start.h"
#include "preload/notes/kept.h"

#define SW_EXPORT __attribute__((visibility("default")))

/* dlsym(RTLD_NEXT) for one name, kept in `*where`: the default version, or, of names that are there
 * only for programs linked long ago, the first. Never NULL: where there is no such function, one
 * that sets ENOSYS and returns -1. Any thread; keeps errno. */
void *sw_next_find(void **where, const char *name) __attribute__((visibility("hidden")));
void sw_next_find_kept(void) __attribute__((visibility("hidden")));

/* The same as a program starts, for a name of which all versions do the same: with fewer pages to
 * be touched. From a constructor. */
void sw_next_find_early(void **where, const char *name);

/* Keeps an address that was found in another way. */
void sw_next_keep(void **where, const char *name, void *address);

/* The cells lie together in .data.hot, on the page of the GOT: see the Makefile. */
/* A cell for the next definition of `name`, and its type; at the top of a wrapper's file, after the
 * headers. */
#define SW_NEXT_DEFINE(name)                                                                       \
    static void *next_##name __attribute__((section(".data.hot")));                                \
    typedef __typeof__(name) type_of_##name

/* The same for what no loop's wait runs through, out of the hot cells' way. */
#define SW_NEXT_DEFINE_COLD(name)                                                                  \
    static void *next_##name __attribute__((section(".data.hot")));                                \
    typedef __typeof__(name) type_of_##name

#define SW_NEXT(name)                                                                              \
    ((type_of_##name *)(__builtin_expect(next_##name != NULL, 1)                                   \
                            ? next_##name                                                          \
                            : (void *)SW_KEPT_CALL(sw_next_find_kept, sw_next_find, &next_##name,  \
                                                   #name)))

/* Finds it now, by a name that lies beside the cells. */
#define SW_NEXT_FIND_EARLY(name)                                                                   \
    do {                                                                                           \
        static char name_[] SW_AT_START = #name;                                                   \
        sw_next_find_early(&next_##name, name_);                                                   \
    } while (0)

/* Where the real function of a call stands, for the frame that reports show in its place: 0 if it
 * has not been called. */
const void *sw_next_address(const char *name);

#endif
