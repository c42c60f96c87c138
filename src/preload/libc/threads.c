/*
 * See threads.h. A program without threads need not have loaded libpthread.so.0 of glibc before
 * 2.34; then it is loaded here, into a scope of its own, as a plugin with threads would bring it.
 */
#include "preload/libc/threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "preload/libc/loader.h"
#include "preload/libc/pinned.h"

SW_PINNED(pthread_create, SW_GLIBC_FIRST);
SW_PINNED(pthread_attr_setstacksize, SW_GLIBC_FIRST);

static const char library_name[] = "libpthread.so.0";

void *sw_threads_library(void)
{
    return pthread_create != NULL ? NULL : sw_loader_open(library_name, RTLD_LAZY | RTLD_NOLOAD);
}

/* Into `*to`, a pointer to a function: `bound`, or that of libpthread. */
static void find(void *to, uintptr_t bound, const char *name)
{
    void *found = (void *)bound;
    if (found == NULL) {
        void *library = sw_loader_open(library_name, RTLD_NOW | RTLD_LOCAL);
        found = library != NULL ? sw_loader_symbol(library, name) : NULL;
    }
    memcpy(to, &found, sizeof found);
}

int sw_threads_start(void *(*run)(void *), size_t stack_size)
{
    __typeof__(pthread_create) *create;
    __typeof__(pthread_attr_setstacksize) *set_stack_size;
    find(&create, (uintptr_t)pthread_create, "pthread_create");
    find(&set_stack_size, (uintptr_t)pthread_attr_setstacksize, "pthread_attr_setstacksize");
    if (create == NULL || set_stack_size == NULL)
        return ENOSYS;
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    set_stack_size(&attributes, stack_size);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = create(&thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}
