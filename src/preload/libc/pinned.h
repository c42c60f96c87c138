/*
 * References to libc's functions in the version that they have had since the architecture's first
 * glibc, so that a library built with a new one asks for nothing that an old one lacks.
 *
 * They are weak: before glibc 2.34 such a function is in a library of its own, which the program
 * need not have loaded, and the reference is NULL then. Compiled without LTO (see the Makefile):
 * .symver holds for the assembler's own unit only.
 */
#ifndef SW_LIBC_PINNED_H
#define SW_LIBC_PINNED_H

#include <features.h>

#if defined(__x86_64__)
#define SW_GLIBC_FIRST         "GLIBC_2.2.5"
#define SW_GLIBC_FIRST_DLADDR1 "GLIBC_2.3.3"
#elif defined(__aarch64__)
#define SW_GLIBC_FIRST         "GLIBC_2.17"
#define SW_GLIBC_FIRST_DLADDR1 "GLIBC_2.17"
#endif

#if defined(__GLIBC__) && defined(SW_GLIBC_FIRST)
#if __GLIBC_PREREQ(2, 34)
#define SW_IS_PINNED 1
#endif
#endif

#if defined(SW_IS_PINNED)
#define SW_PINNED(name, version)                                                                   \
    __asm__(".symver " #name "," #name "@" version);                                               \
    extern __typeof__(name) name __attribute__((weak))
#else
/* Built where they are found as they are. */
#define SW_PINNED(name, version) extern __typeof__(name) name __attribute__((weak))
#endif

#endif
