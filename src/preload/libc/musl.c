/*
 * What the library itself calls of glibc, for musl, which has no on_exit(3): what exit(3) was
 * called with, atexit's handlers are not told there. Its wrapper changes the status before, so that
 * only a return from main keeps its own.
 */
#include <stdlib.h>

#if !defined(__GLIBC__)

#include "preload/libc/musl.h"

#define NOT_KNOWN 1 /* not 0, so that nobody changes it */

static void (*kept)(int, void *);
static void *kept_argument;

static void call(void)
{
    kept(NOT_KNOWN, kept_argument);
}

int on_exit(void (*function)(int, void *), void *argument)
{
    kept = function;
    kept_argument = argument;
    return atexit(call);
}

#endif
