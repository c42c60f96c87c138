/*
 * setrlimit(2) and prlimit(2), of which one thing is of interest: a process that allows itself no
 * more threads, as haproxy does before its loops turn, could have no watchdog from then on. So that
 * is made before: see notes/process.h (sw_process_shut_in). Any thread.
 *
 * With the arguments as the kernel has them: the headers make an enumeration of `resource`, or not.
 * The names with 64 are the same functions where a long has 64 bits.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "common/kernel.h"
#include "preload/interpose/next.h"
#include "preload/notes/process.h"

#define HARDLY_ANY 1 /* threads of its user: itself */

SW_NEXT_DEFINE_COLD(setrlimit);
SW_NEXT_DEFINE_COLD(prlimit);

static void before_change(int resource, const struct rlimit *limit)
{
    if (resource != RLIMIT_NPROC || limit == NULL || !sw_process_is_watched() ||
        sw_process_shut_in == NULL)
        return;
    int saved_errno = errno;
    struct rlimit wanted = {RLIM_INFINITY, RLIM_INFINITY}, now = {0, 0};
    /* The program's pointer is the kernel's to judge (EFAULT). */
    struct iovec from = {(void *)(uintptr_t)limit, sizeof wanted}, to = {&wanted, sizeof wanted};
    sw_kernel6(SYS_process_vm_readv, sw_kernel_getpid(), (long)&to, 1, (long)&from, 1, 0);
    sw_kernel6(SYS_prlimit64, 0, RLIMIT_NPROC, 0, (long)&now, 0, 0);
    if (wanted.rlim_cur <= HARDLY_ANY && now.rlim_cur > HARDLY_ANY)
        sw_process_shut_in(false);
    errno = saved_errno;
}

#define SETRLIMIT(name)                                                                            \
    SW_EXPORT int wrapped_##name(int resource, const struct rlimit *limit) __asm__(#name);         \
    SW_EXPORT int wrapped_##name(int resource, const struct rlimit *limit)                         \
    {                                                                                              \
        before_change(resource, limit);                                                            \
        return SW_NEXT(setrlimit)(resource, limit);                                                \
    }

#define PRLIMIT_PARAMETERS                                                                         \
    pid_t process, int resource, const struct rlimit *limit, struct rlimit *before

#define PRLIMIT(name)                                                                              \
    SW_EXPORT int wrapped_##name(PRLIMIT_PARAMETERS) __asm__(#name);                               \
    SW_EXPORT int wrapped_##name(PRLIMIT_PARAMETERS)                                               \
    {                                                                                              \
        if (process == 0 || process == sw_kernel_getpid())                                         \
            before_change(resource, limit);                                                        \
        return SW_NEXT(prlimit)(process, resource, limit, before);                                 \
    }

SETRLIMIT(setrlimit)
SETRLIMIT(setrlimit64)
PRLIMIT(prlimit)
PRLIMIT(prlimit64)
