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

#include "common/kernel.h"
#include "common/start.h"
#include "preload/libc/loader.h"
#include "preload/libc/threads.h"
#include "preload/notes/process.h"

#define EARLY      6
#define MOST_NAMES 1024

struct found {
    _Atomic(const char *) name;
    void *address;
};

/* The first, which are found when the library is loaded, and all others. */
static struct found found_early[EARLY] SW_AT_START, found_later[MOST_NAMES];
static _Atomic unsigned found_count SW_AT_START;

static struct found *found_at(unsigned index)
{
    return index < EARLY ? &found_early[index] : &found_later[index - EARLY];
}

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
        struct found *found = found_at(index);
        found->address = address;
        atomic_store_explicit(&found->name, name, memory_order_release);
    }
}

/* A watchdog that libc does not know of must not come to the loader, which locks and allocates:
 * what it calls has been found before it was started (watch/unwinder.c). */
static bool may_ask_loader(void)
{
    if (sw_process == NULL || !atomic_load(&sw_process->watchdog_is_bare))
        return true;
    int tid = sw_kernel_gettid();
    return tid <= 0 || atomic_load(&sw_process->watchdog_tid) != tid;
}

void *sw_next_find(void **where, const char *name)
{
    int saved_errno = errno;
    if (!may_ask_loader())
        return (void *)(uintptr_t)missing_function;
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

void sw_next_find_early(void **where, const char *name)
{
    void *address = sw_loader_symbol(RTLD_NEXT, name);
    if (address != NULL)
        sw_next_keep(where, name, address);
    else
        sw_next_find(where, name);
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
        const struct found *found = found_at(i);
        const char *known = atomic_load_explicit(&found->name, memory_order_acquire);
        if (known == NULL)
            return NULL;
        if (is_called(known, name))
            return found->address;
    }
    return NULL;
}
