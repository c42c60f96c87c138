/*
 * What this build is for, in the words of others: ELF's number, libunwind's and Debian's names, and
 * what people say.
 */
#ifndef SW_COMMON_OWN_MACHINE_H
#define SW_COMMON_OWN_MACHINE_H

#include <elf.h>

#if defined(__aarch64__)
#define SW_MACHINE_ELF    EM_AARCH64
#define SW_MACHINE_NAME   "aarch64"
#define SW_MACHINE_SPOKEN "arm64"
#else
#define SW_MACHINE_ELF    EM_X86_64
#define SW_MACHINE_NAME   "x86_64"
#define SW_MACHINE_SPOKEN "x86-64"
#endif

#endif
