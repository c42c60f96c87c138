/* See syscall_names.h. The names are those of <sys/syscall.h>, listed by the Makefile, so that each
 * architecture has its own. */
#include "preload/watch/kernel/syscall_names.h"

#include <stddef.h>
#include <sys/syscall.h>

/* The name is in it: a pointer each would be for the loader to write to, at every program's start.
 */
static const struct {
    long number;
    char name[32];
} names[] = {
#define SW_SYSCALL(name) {SYS_##name, #name},
#include <syscall_list.h>
#undef SW_SYSCALL
};

#define NO SW_SYSCALL_NONE
#define LIKE(name, call, a, b, c)                                                                  \
    {                                                                                              \
        SYS_##name, SW_CALL_##call,                                                                \
        {                                                                                          \
            a, b, c                                                                                \
        }                                                                                          \
    }
#define ON_FD(name, call) LIKE(name, call, 0, NO, NO)
#define OF_SIZE(name, at) LIKE(name, msync, at, NO, NO)
#define AT_PATH(name)     LIKE(name, openat, 1, 0, NO)

static const struct sw_syscall_like likes[] = {
    ON_FD(read, read),
    ON_FD(pread64, pread),
    ON_FD(readv, readv),
    ON_FD(preadv, preadv),
    ON_FD(preadv2, preadv2),
    ON_FD(write, write),
    ON_FD(pwrite64, pwrite),
    ON_FD(writev, writev),
    ON_FD(pwritev, pwritev),
    ON_FD(pwritev2, pwritev2),
    ON_FD(close, close),
    ON_FD(fsync, fsync),
    ON_FD(fdatasync, fdatasync),
    ON_FD(syncfs, syncfs),
    ON_FD(sync_file_range, sync_file_range),
    ON_FD(fallocate, fallocate),
    ON_FD(ftruncate, ftruncate),
    ON_FD(fstat, fstat),
    ON_FD(fstatfs, fstatfs),
    ON_FD(fadvise64, fsync),
    ON_FD(readahead, fsync),
    ON_FD(vmsplice, fsync),
    ON_FD(ioctl, fsync),
    ON_FD(flock, flock),
    ON_FD(fcntl, fcntl),
    ON_FD(getdents64, getdents),
    ON_FD(accept, accept),
    ON_FD(accept4, accept4),
    ON_FD(recvfrom, recvfrom),
    ON_FD(recvmsg, recvmsg),
    ON_FD(recvmmsg, recvmmsg),
    ON_FD(sendmsg, sendmsg),
    ON_FD(sendmmsg, sendmmsg),
    ON_FD(mq_timedreceive, mq_timedreceive),
    ON_FD(mq_timedsend, mq_timedsend),
    LIKE(connect, connect, 0, 1, 2),
    LIKE(sendto, sendto, 0, 4, 5),
    LIKE(sendfile, sendfile, 1, 0, NO),
    LIKE(splice, splice, 0, 2, NO),
    LIKE(copy_file_range, copy_file_range, 0, 2, NO),
    LIKE(tee, tee, 0, 1, NO),
    AT_PATH(openat),
#ifdef SYS_openat2
    AT_PATH(openat2),
#endif
    AT_PATH(newfstatat),
    AT_PATH(statx),
    AT_PATH(faccessat),
    AT_PATH(readlinkat),
    AT_PATH(unlinkat),
    AT_PATH(mkdirat),
    LIKE(renameat2, renameat2, 1, 3, NO),
    LIKE(linkat, linkat, 1, 3, NO),
    LIKE(nanosleep, nanosleep, 0, NO, NO),
    LIKE(clock_nanosleep, clock_nanosleep, 2, 0, 1),
    LIKE(rt_sigtimedwait, sigtimedwait, 2, NO, NO),
    LIKE(wait4, wait4, 0, NO, NO),
    LIKE(waitid, waitid, 0, 1, NO),
    LIKE(msgrcv, msgrcv, 0, NO, NO),
    LIKE(msgsnd, msgsnd, 0, NO, NO),
    LIKE(semtimedop, semtimedop, 0, NO, NO),
    OF_SIZE(msync, 1),
    OF_SIZE(mmap, 1),
    OF_SIZE(munmap, 1),
    OF_SIZE(mremap, 1),
    OF_SIZE(madvise, 1),
    OF_SIZE(mlock, 1),
    OF_SIZE(mprotect, 1),
    OF_SIZE(getrandom, 1),
    LIKE(futex, futex, 3, NO, NO),
    LIKE(ppoll, ppoll, 0, 1, 2),
    LIKE(pselect6, pselect, NO, NO, 4),
    LIKE(epoll_pwait, epoll_pwait, 0, NO, 3),
    LIKE(io_uring_enter, io_uring_enter, 0, NO, NO),
#ifdef SYS_epoll_pwait2
    LIKE(epoll_pwait2, epoll_pwait2, 0, NO, 3),
#endif
#if defined(__x86_64__)
    LIKE(open, open, 0, NO, NO),
    LIKE(stat, stat, 0, NO, NO),
    LIKE(lstat, lstat, 0, NO, NO),
    LIKE(access, access, 0, NO, NO),
    LIKE(readlink, readlink, 0, NO, NO),
    LIKE(unlink, unlink, 0, NO, NO),
    LIKE(mkdir, mkdir, 0, NO, NO),
    LIKE(rmdir, rmdir, 0, NO, NO),
    LIKE(rename, rename, 0, 1, NO),
    LIKE(semop, semop, 0, NO, NO),
    LIKE(poll, poll, 0, 1, 2),
    LIKE(select, select, NO, NO, 4),
    LIKE(epoll_wait, epoll_wait, 0, NO, 3),
#endif
    LIKE(truncate, truncate, 0, NO, NO),
    LIKE(statfs, statfs, 0, NO, NO),
    LIKE(chdir, stat, 0, NO, NO),
};

const char *sw_syscall_name(long number)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

const struct sw_syscall_like *sw_syscall_like(long number)
{
    for (size_t i = 0; i < sizeof likes / sizeof likes[0]; i++)
        if (likes[i].number == number)
            return &likes[i];
    return NULL;
}

enum sw_call_class sw_syscall_class(long number)
{
#if defined(SYS_futex_waitv)
    if (number == SYS_futex_waitv) /* its arguments are like no other's */
        return SW_CLASS_LOCK;
#endif
    const struct sw_syscall_like *like = sw_syscall_like(number);
    return like != NULL ? sw_call_info(like->call)->class : SW_CLASS_BLOCKING;
}
