/*
 * A program that confines itself to some system calls, by seccomp(2), may be killed from then on
 * for one that only the library makes. So it is let go of before: what is due is written, the
 * watchdog ends, and no thread notes anything any more (sw_process_let_go). Included by the
 * wrappers of prctl(2) and syscall(2). Any thread.
 *
 * A filter that is NULL is none: so it is asked whether the kernel has filters at all (EFAULT).
 */
#ifndef SW_INTERPOSE_CONFINEMENT_H
#define SW_INTERPOSE_CONFINEMENT_H

#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "preload/notes/process.h"
#include "preload/notes/thread.h"

/* Before prctl(option, mode, filter). */
static inline void sw_confinement_by_prctl(long option, long mode, long filter)
{
    if (SW_UNLIKELY((int)option == PR_SET_SECCOMP) &&
        (mode == SECCOMP_MODE_STRICT || (mode == SECCOMP_MODE_FILTER && filter != 0)))
        sw_process_let_go();
}

/* Before seccomp(operation, flags, filter). */
static inline void sw_confinement_by_seccomp(long operation, long filter)
{
    if ((unsigned)operation == SECCOMP_SET_MODE_STRICT ||
        ((unsigned)operation == SECCOMP_SET_MODE_FILTER && filter != 0))
        sw_process_let_go();
}

#endif
