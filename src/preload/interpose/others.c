/*
 * Calls that are of no family: the system's log, whose daemon may not read; random bytes, which
 * early after a boot there are none of; another process's memory; what a device is asked; a
 * terminal's output. Any thread; see wrap.h.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"

void __vsyslog_chk(int priority, int flag, const char *format, va_list list);
void __syslog_chk(int priority, int flag, const char *format, ...);

SW_NEXT_DEFINE_COLD(vsyslog);
SW_NEXT_DEFINE_COLD(__vsyslog_chk);

/* The format is read first of all. */
SW_EXPORT void vsyslog(int priority, const char *format, va_list list)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_syslog, (uintptr_t)format, 0, 0);
    SW_NEXT(vsyslog)(priority, format, list);
    SW_CALL_END(call);
}

SW_EXPORT void __vsyslog_chk(int priority, int flag, const char *format, va_list list)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_syslog, (uintptr_t)format, 0, 0);
    SW_NEXT(__vsyslog_chk)(priority, flag, format, list);
    SW_CALL_END(call);
}

SW_EXPORT void syslog(int priority, const char *format, ...)
{
    struct sw_call call;
    va_list list;
    va_start(list, format);
    SW_CALL_BEGIN(call, SW_CALL_syslog, (uintptr_t)format, 0, 0);
    SW_NEXT(vsyslog)(priority, format, list);
    SW_CALL_END(call);
    va_end(list);
}

SW_EXPORT void __syslog_chk(int priority, int flag, const char *format, ...)
{
    struct sw_call call;
    va_list list;
    va_start(list, format);
    SW_CALL_BEGIN(call, SW_CALL_syslog, (uintptr_t)format, 0, 0);
    SW_NEXT(__vsyslog_chk)(priority, flag, format, list);
    SW_CALL_END(call);
    va_end(list);
}

SW_WRAP(ssize_t, getrandom, getrandom, (void *to, size_t size, unsigned int flags),
        (to, size, flags), size, 0, 0)
SW_WRAP(int, getentropy, getentropy, (void *to, size_t size), (to, size), size, 0, 0)

SW_WRAP(ssize_t, process_vm_readv, process_vm_readv,
        (pid_t pid, const struct iovec *to, unsigned long to_count, const struct iovec *from,
         unsigned long from_count, unsigned long flags),
        (pid, to, to_count, from, from_count, flags), P_PID, pid, 0)
SW_WRAP(ssize_t, process_vm_writev, process_vm_writev,
        (pid_t pid, const struct iovec *from, unsigned long from_count, const struct iovec *to,
         unsigned long to_count, unsigned long flags),
        (pid, from, from_count, to, to_count, flags), P_PID, pid, 0)

SW_WRAP(int, tcsetattr, tcsetattr, (int fd, int when, const struct termios *to), (fd, when, to), fd,
        0, 0)

/* Loops ask these two of their sockets all the time, and no device is waited for. The argument is
 * of the size of a pointer at most, as libc's own ioctl takes it. */
SW_NEXT_DEFINE_COLD(ioctl);

SW_EXPORT int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (SW_CALL_UNNOTED() || request == FIONBIO || request == FIONREAD)
        return SW_NEXT(ioctl)(fd, request, argument);
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_ioctl, fd, 0, 0);
    int result = SW_NEXT(ioctl)(fd, request, argument);
    SW_CALL_END(call);
    return result;
}
