/*
 * What is known of the processor in a frame: its registers by DWARF's numbers, how a wrapper notes
 * them, where a signal's context has them.
 *
 * One header an architecture, each with the same names; what reads instructions is in
 * stack/ARCHITECTURE. Wrappers use it on loop threads, the sampler in a signal's handler, the rest
 * on the watchdog's.
 */
#ifndef SW_MACHINE_MACHINE_H
#define SW_MACHINE_MACHINE_H

#include <stdint.h>

#if defined(__x86_64__)
#include "preload/machine/x86_64.h"
#elif defined(__aarch64__)
#include "preload/machine/aarch64.h"
#else
#error "registers are noted on x86-64 and aarch64 only"
#endif

#define SW_REG_BIT(reg) (UINT64_C(1) << (reg))
#define SW_REG_ALL      (SW_REG_BIT(SW_REGISTERS) - 1)

#endif
