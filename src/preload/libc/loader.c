/*
 * See loader.h. Where the program has libdl.so.2 in its scope, or libc has all of it (glibc 2.34,
 * musl), the pinned references are bound by the loader. Else libdl.so.2 is loaded: by
 * __libc_dlopen_mode and __libc_dlsym, which glibc before 2.34 has in libc.so.6 for its own use
 * (NSS and iconv load by them).
 */
#include "preload/libc/loader.h"

#include <link.h>
#include <stddef.h>
#include <string.h>

#include "common/start.h"
#include "preload/libc/pinned.h"

#define DLOPEN_MODE ((int)0x80000000) /* __RTLD_DLOPEN of glibc's include/dlfcn.h */

SW_PINNED(dlsym, SW_GLIBC_FIRST);
SW_PINNED(dlopen, SW_GLIBC_FIRST);
SW_PINNED(dlerror, SW_GLIBC_FIRST);
#if defined(__GLIBC__)
SW_PINNED(dlvsym, SW_GLIBC_FIRST);
SW_PINNED(dladdr1, SW_GLIBC_FIRST_DLADDR1);
#endif

extern void *__libc_dlopen_mode(const char *file, int mode) __attribute__((weak));
extern void *__libc_dlsym(void *handle, const char *name) __attribute__((weak));

/* A function of libdl.so.2, which stays loaded; NULL: there is no such library. */
static void *in_libdl(const char *name)
{
    static void *libdl;
    if (libdl == NULL && __libc_dlopen_mode != NULL)
        libdl = __libc_dlopen_mode("libdl.so.2", RTLD_NOW | DLOPEN_MODE);
    return libdl != NULL && __libc_dlsym != NULL ? __libc_dlsym(libdl, name) : NULL;
}

/* `to` is a pointer to a function; `name` stays NULL where it cannot be had. */
#define FIND(name)                                                                                 \
    static __typeof__(name) *name##_is SW_AT_START;                                                \
    if (name##_is == NULL) {                                                                       \
        void *found_ = name != NULL ? (void *)(uintptr_t)name : in_libdl(#name);                   \
        memcpy(&name##_is, &found_, sizeof found_);                                                \
    }

void *sw_loader_symbol(void *handle, const char *name)
{
    FIND(dlsym)
    return dlsym_is != NULL ? dlsym_is(handle, name) : NULL;
}

void *sw_loader_open(const char *file, int flags)
{
    FIND(dlopen)
    return dlopen_is != NULL ? dlopen_is(file, flags) : NULL;
}

void sw_loader_forget_error(void)
{
    FIND(dlerror)
    if (dlerror_is != NULL)
        dlerror_is();
}

#if defined(__GLIBC__)

void *sw_loader_next_of_first_version(const char *name)
{
    FIND(dlvsym)
    return dlvsym_is != NULL ? dlvsym_is(RTLD_NEXT, name, SW_GLIBC_FIRST) : NULL;
}

struct link_map *sw_loader_map_of(const void *address)
{
    Dl_info about;
    struct link_map *map = NULL;
    FIND(dladdr1)
    if (dladdr1_is == NULL || dladdr1_is(address, &about, (void **)&map, RTLD_DL_LINKMAP) == 0)
        return NULL;
    return map;
}

void *sw_loader_libc(void)
{
    return sw_loader_open("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
}

/* Names that glibc has in several versions that do different things, with the one that programs are
 * linked with now. Before glibc 2.36 dlsym(RTLD_NEXT) gives the oldest: a pthread_cond_wait for
 * another kind of condition, which nothing wakes. */
static const struct {
    const char *name, *version;
} versions[] = {
    {"pthread_cond_wait", "GLIBC_2.3.2"},
    {"pthread_cond_timedwait", "GLIBC_2.3.2"},
    {"realpath", "GLIBC_2.3"},
    {"nftw", "GLIBC_2.3.3"},
    {"nftw64", "GLIBC_2.3.3"},
    {"posix_spawn", "GLIBC_2.15"},
    {"posix_spawnp", "GLIBC_2.15"},
    {"quick_exit", "GLIBC_2.24"},
    {"lio_listio", "GLIBC_2.34"}, /* 2.4 before that: the same, in a library of its own */
    {"lio_listio64", "GLIBC_2.34"},
    {"glob", "GLIBC_2.27"},
    {"glob64", "GLIBC_2.27"},
};

void *sw_loader_next(const char *name)
{
    FIND(dlvsym)
    void *found = NULL;
    for (unsigned i = 0; i < sizeof versions / sizeof versions[0] && dlvsym_is != NULL; i++)
        if (strcmp(versions[i].name, name) == 0)
            found = dlvsym_is(RTLD_NEXT, name, versions[i].version);
    return found != NULL ? found : sw_loader_symbol(RTLD_NEXT, name);
}

#else /* musl: one version of each name, and a libc that is the loader too */

void *sw_loader_next(const char *name)
{
    return sw_loader_symbol(RTLD_NEXT, name);
}

void *sw_loader_next_of_first_version(const char *name)
{
    (void)name;
    return NULL;
}

struct link_map *sw_loader_map_of(const void *address)
{
    Dl_info about;
    if (dladdr(address, &about) == 0)
        return NULL;
    return sw_loader_open(about.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

void *sw_loader_libc(void)
{
    return sw_loader_open("libc.so", RTLD_LAZY | RTLD_NOLOAD);
}

#endif
