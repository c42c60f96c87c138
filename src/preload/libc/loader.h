/*
 * The loader's functions, wherever this libc has them: in glibc before 2.34 in a library of their
 * own, libdl.so.2, which a program need not have loaded.
 *
 * A library that was built with a newer glibc is to run with an older one, so none of these is
 * called elsewhere by its name in libc. Slow, all of them: they take the loader's lock. Any thread;
 * errno is what the loader leaves.
 */
#ifndef SW_LIBC_LOADER_H
#define SW_LIBC_LOADER_H

#include <dlfcn.h>

struct link_map;

/* What _dl_find_object(3) answers (glibc 2.35 and newer): as their <dlfcn.h> has it. */
struct sw_loader_object {
    unsigned long long flags;
    void *map_start, *map_end;
    struct link_map *link_map;
    void *eh_frame;
    unsigned long long reserved[7];
};

/* As dlsym(3), of a handle or RTLD_DEFAULT. NULL: there is none. */
void *sw_loader_symbol(void *handle, const char *name);
/* What comes after this library under a name, in its default version: what a program that is linked
 * now would call. NULL: there is none. */
void *sw_loader_next(const char *name);
/* ... in its first version, which may be there only for programs linked long ago; NULL: none. */
void *sw_loader_next_of_first_version(const char *name);
/* As dlopen(3). */
void *sw_loader_open(const char *file, int flags);
/* What of all this went wrong on this thread is not to be what dlerror(3) tells the program next.
 */
void sw_loader_forget_error(void);
/* What the loader knows of the module that `address` lies in; NULL: in none. */
struct link_map *sw_loader_map_of(const void *address);
/* libc itself, as a handle; NULL: it has a name that is not known here. */
void *sw_loader_libc(void);

#endif
