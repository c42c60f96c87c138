/*
 * See next.h. The cells of all wrappers are listed as they are found, so that a report can name the
 * module of the real function.
 */
#include "preload/interpose/next.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "preload/libc/loader.h"
#include "preload/libc/threads.h"

#define MOST_NAMES 1024

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

/* It may be loaded where RTLD_NEXT does not look. */
static void *find_in_threads_library(const char *name)
{
    void *library = sw_threads_library();
    return library != NULL ? sw_loader_symbol(library, name) : NULL;
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
    void *address = sw_loader_next(name);
    if (address == NULL)
        address = sw_loader_next_of_first_version(name);
    if (address == NULL)
        address = find_in_threads_library(name);
    /* What is missing now may have come when it is called again. */
    if (address != NULL)
        sw_next_keep(where, name, address);
    else
        address = (void *)(uintptr_t)missing_function;
    errno = saved_errno;
    return address;
}

SW_KEPT_FUNCTION(sw_next_find_kept, sw_next_find)

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
