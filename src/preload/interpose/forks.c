/*
 * fork(2): the child finds its records wiped by the kernel (MADV_WIPEONFORK), so all that is left
 * to do is to keep the watchdog out of libunwind while the memory is copied. vfork, posix_spawn and
 * exec need nothing.
 */
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/notes/quiet.h"

SW_NEXT_DEFINE(fork);

SW_EXPORT pid_t fork(void)
{
    sw_quiet_fork_begin();
    pid_t child = SW_NEXT(fork)();
    if (child != 0)
        sw_quiet_fork_end();
    return child;
}
