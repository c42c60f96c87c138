/*
 * fork(2): the child finds its records wiped by the kernel (MADV_WIPEONFORK), so all that is left
 * to do is to keep the watchdog out of libunwind while the memory is copied. That copying takes its
 * time in a large process, so it is noted as a call. vfork, posix_spawn and exec need nothing.
 */
#include <unistd.h>

#include "preload/interpose/wrap.h"
#include "preload/notes/quiet.h"

pid_t __fork(void);

#define FORK_WRAPPER(name)                                                                         \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT pid_t name(void)                                                                     \
    {                                                                                              \
        struct sw_call call;                                                                       \
        sw_quiet_fork_begin();                                                                     \
        SW_CALL_BEGIN(call, SW_CALL_fork, 0, 0, 0);                                                \
        pid_t child = SW_NEXT(name)();                                                             \
        SW_CALL_END(call);                                                                         \
        if (child != 0)                                                                            \
            sw_quiet_fork_end();                                                                   \
        return child;                                                                              \
    }

FORK_WRAPPER(fork)
FORK_WRAPPER(__fork)
