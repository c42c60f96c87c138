/* See syscall_names.h. The numbers come from <sys/syscall.h>, so each architecture has its own. */
#include "preload/watch/syscall_names.h"

#include <stddef.h>
#include <sys/syscall.h>

#define BLOCKS(name)                                                                               \
    {                                                                                              \
        SYS_##name, #name, SW_SYSCALL_BLOCKS                                                       \
    }
#define WAITS(name)                                                                                \
    {                                                                                              \
        SYS_##name, #name, SW_SYSCALL_WAITS                                                        \
    }

static const struct sw_syscall_name names[] = {
    BLOCKS(read),
    BLOCKS(write),
    BLOCKS(pread64),
    BLOCKS(pwrite64),
    BLOCKS(readv),
    BLOCKS(writev),
    BLOCKS(preadv),
    BLOCKS(pwritev),
    BLOCKS(preadv2),
    BLOCKS(pwritev2),
    BLOCKS(openat),
    BLOCKS(close),
    BLOCKS(fsync),
    BLOCKS(fdatasync),
    BLOCKS(sync),
    BLOCKS(syncfs),
    BLOCKS(msync),
    BLOCKS(sync_file_range),
    BLOCKS(fallocate),
    BLOCKS(ftruncate),
    BLOCKS(truncate),
    BLOCKS(sendfile),
    BLOCKS(splice),
    BLOCKS(copy_file_range),
    BLOCKS(flock),
    BLOCKS(fcntl),
    BLOCKS(ioctl),
    BLOCKS(getdents64),
    BLOCKS(newfstatat),
    BLOCKS(statx),
    BLOCKS(renameat2),
    BLOCKS(unlinkat),
    BLOCKS(mkdirat),
    BLOCKS(connect),
    BLOCKS(accept),
    BLOCKS(accept4),
    BLOCKS(recvfrom),
    BLOCKS(recvmsg),
    BLOCKS(recvmmsg),
    BLOCKS(sendto),
    BLOCKS(sendmsg),
    BLOCKS(sendmmsg),
    BLOCKS(nanosleep),
    BLOCKS(clock_nanosleep),
    BLOCKS(wait4),
    BLOCKS(waitid),
    BLOCKS(msgrcv),
    BLOCKS(msgsnd),
    BLOCKS(semtimedop),
    BLOCKS(mq_timedreceive),
    BLOCKS(mq_timedsend),
    BLOCKS(rt_sigtimedwait),
    BLOCKS(rt_sigsuspend),
    BLOCKS(clone),
    BLOCKS(execve),
    BLOCKS(getrandom),
    {SYS_futex, "futex", SW_SYSCALL_LOCKS},
    WAITS(ppoll),
    WAITS(pselect6),
    WAITS(epoll_pwait),
    WAITS(io_uring_enter),
#ifdef SYS_epoll_pwait2
    WAITS(epoll_pwait2),
#endif
#if defined(__x86_64__)
    BLOCKS(open),
    BLOCKS(stat),
    BLOCKS(lstat),
    BLOCKS(rename),
    BLOCKS(unlink),
    BLOCKS(mkdir),
    BLOCKS(rmdir),
    BLOCKS(pause),
    BLOCKS(fork),
    BLOCKS(vfork),
    BLOCKS(semop),
    WAITS(poll),
    WAITS(select),
    WAITS(epoll_wait),
#endif
};

const struct sw_syscall_name *sw_syscall_name(long number)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return &names[i];
    return NULL;
}
