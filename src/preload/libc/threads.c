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

#include "common/kernel.h"
#include "preload/libc/loader.h"
#include "preload/libc/pinned.h"

SW_PINNED(pthread_create, SW_GLIBC_FIRST);
SW_PINNED(pthread_attr_setstacksize, SW_GLIBC_FIRST);

#ifdef __GLIBC__
#define HEAD_SIZE   512  /* what the ABI lays down: pointers and guards */
#define LOOKED_INTO 2048 /* bytes of struct pthread, which is a little larger */
#else
#define HEAD_SIZE   32 /* musl's has four pointers or more before it, and may end with its page */
#define LOOKED_INTO 96
#endif

static uint32_t number_offset;
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

void sw_threads_find_number(void)
{
    const char *self = (const char *)(uintptr_t)pthread_self();
    int tid = sw_kernel_gettid();
    for (uint32_t at = HEAD_SIZE; number_offset == 0 && at < LOOKED_INTO; at += sizeof tid)
        if (memcmp(self + at, &tid, sizeof tid) == 0)
            number_offset = at;
}

bool sw_threads_know_this(void)
{
    const char *self = (const char *)(uintptr_t)pthread_self();
    int tid = sw_kernel_gettid();
    sw_threads_find_number();
    return number_offset != 0 && memcmp(self + number_offset, &tid, sizeof tid) == 0;
}

uint32_t sw_threads_number_offset(void)
{
    return number_offset;
}

/* What stands behind the name in stat, from the third field on; num_threads is the 20th. */
bool sw_threads_count(unsigned *count, char *main_state)
{
    char stat[1024];
    if (sw_kernel_slurp("/proc/self/stat", stat, sizeof stat) <= 0)
        return false;
    const char *at = strrchr(stat, ')');
    if (at == NULL || at[1] != ' ')
        return false;
    at += 2;
    *main_state = *at;
    for (int field = 3; at != NULL && field < 20; field++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    *count = 0;
    for (; at != NULL && *at >= '0' && *at <= '9'; at++)
        *count = *count * 10 + (unsigned)(*at - '0');
    return *count > 0;
}
