/*
 * See next.h. The cells of all wrappers are listed as they are found, so that a report can name the
 * module of the real function.
 */
#include "preload/interpose/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MOST_NAMES 1024

/* Of libc on this architecture. */
#define FIRST_VERSION "GLIBC_2.2.5"

static struct {
    _Atomic(const char *) name;
    void *address;
} found[MOST_NAMES];
static _Atomic unsigned found_count;

static long missing_function(void)
{
    errno = ENOSYS;
    return -1;
}

void sw_next_keep(void **where, const char *name, void *address)
{
    __atomic_store_n(where, address, __ATOMIC_RELEASE);
    unsigned index = atomic_fetch_add(&found_count, 1);
    if (index < MOST_NAMES) {
        found[index].address = address;
        atomic_store_explicit(&found[index].name, name, memory_order_release);
    }
}

void *sw_next_find(void **where, const char *name)
{
    int saved_errno = errno;
    void *address = dlsym(RTLD_NEXT, name);
    if (address == NULL)
        address = dlvsym(RTLD_NEXT, name, FIRST_VERSION);
    if (address == NULL)
        address = (void *)(uintptr_t)missing_function;
    sw_next_keep(where, name, address);
    errno = saved_errno;
    return address;
}

/* Calls go by their public names, whatever the program was compiled with: open64. */
static bool is_called(const char *known, const char *name)
{
    size_t length = strlen(name);
    return strncmp(known, name, length) == 0 &&
           (known[length] == '\0' || strcmp(known + length, "64") == 0);
}

const void *sw_next_address(const char *name)
{
    for (unsigned i = 0; i < MOST_NAMES; i++) {
        const char *known = atomic_load_explicit(&found[i].name, memory_order_acquire);
        if (known == NULL)
            return NULL;
        if (is_called(known, name))
            return found[i].address;
    }
    return NULL;
}
