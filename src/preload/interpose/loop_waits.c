/*
 * The waits of loops: epoll_wait(2), poll(2) and select(2) with their kin, under the fortified and
 * internal names that glibc exports too. Any thread; see notes/loop.h.
 *
 * All of these are cancellation points: nothing is held across the real call. What they wait for is
 * looked at before it, since the kernel writes to it.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "preload/interpose/next.h"
#include "preload/notes/loop.h"

SW_NEXT_DEFINE(epoll_wait);
SW_NEXT_DEFINE(epoll_pwait);
SW_NEXT_DEFINE(poll);
SW_NEXT_DEFINE(ppoll);
SW_NEXT_DEFINE(select);
SW_NEXT_DEFINE(pselect);

/* Exported by glibc and declared by none of its headers as such. */
int __poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t size);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                const sigset_t *mask, size_t size);
int __select(int count, fd_set *reading, fd_set *writing, fd_set *exceptions,
             struct timeval *timeout);
SW_NEXT_DEFINE(__poll);
SW_NEXT_DEFINE(__poll_chk);
SW_NEXT_DEFINE(__ppoll_chk);
SW_NEXT_DEFINE(__select);

/* Not in every libc that we may be built with; the next definition is looked up by name. */
int epoll_pwait2(int epfd, struct epoll_event *events, int most, const struct timespec *timeout,
                 const sigset_t *mask);
SW_NEXT_DEFINE(epoll_pwait2);

/*
 * The epoll waits, two functions each: the wait of the usual loop, which is all that a busy loop
 * calls, kept small, since a system call leaves little in the caches; and any other, out of its
 * way.
 */
#define EPOLL_WRAPPER(name, parameters, arguments, timeout_ns)                                     \
    static __attribute__((noinline, cold)) int name##_unusual parameters                           \
    {                                                                                              \
        struct sw_wait wait;                                                                       \
        struct sw_thread *thread = sw_thread_self;                                                 \
        if (sw_wait_is_usual(thread, epfd))                                                        \
            SW_WAIT_BEGIN_USUAL(wait, thread, SW_CALL_##name, timeout_ns);                         \
        else                                                                                       \
            SW_WAIT_BEGIN_UNUSUAL(wait, sw_wait_target_epoll(SW_CALL_##name, epfd, timeout_ns));   \
        int ready = SW_NEXT(name) arguments;                                                       \
        SW_WAIT_END(wait, ready);                                                                  \
        return ready;                                                                              \
    }                                                                                              \
                                                                                                   \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        struct sw_thread *thread = sw_thread_self;                                                 \
        if (SW_UNLIKELY(!sw_wait_is_usual(thread, epfd) || !thread->clock_is_tsc))                 \
            return name##_unusual arguments;                                                       \
        uint32_t noted = sw_wait_enter_usual(thread, SW_CALL_##name, timeout_ns,                   \
                                             (uint64_t)(uintptr_t)__builtin_dwarf_cfa());          \
        int ready = SW_NEXT(name) arguments;                                                       \
        return sw_wait_leave_usual(thread, noted, ready);                                          \
    }

EPOLL_WRAPPER(epoll_wait, (int epfd, struct epoll_event *events, int most, int timeout_ms),
              (epfd, events, most, timeout_ms), sw_wait_timeout_ms(timeout_ms))
EPOLL_WRAPPER(epoll_pwait,
              (int epfd, struct epoll_event *events, int most, int timeout_ms,
               const sigset_t *mask),
              (epfd, events, most, timeout_ms, mask), sw_wait_timeout_ms(timeout_ms))
EPOLL_WRAPPER(epoll_pwait2,
              (int epfd, struct epoll_event *events, int most, const struct timespec *timeout,
               const sigset_t *mask),
              (epfd, events, most, timeout, mask), sw_wait_timeout_timespec(timeout))

/* A wrapper of poll or select: one shape, whatever the name. `target` is evaluated before the real
 * call. */
#define SET_WRAPPER(name, parameters, arguments, target)                                           \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        struct sw_wait wait;                                                                       \
        SW_WAIT_BEGIN_UNUSUAL(wait, target);                                                       \
        int ready = SW_NEXT(name) arguments;                                                       \
        SW_WAIT_END(wait, ready);                                                                  \
        return ready;                                                                              \
    }

#define POLL_TARGET(id, timeout_ns) sw_wait_target_poll(id, fds, count, timeout_ns)

SET_WRAPPER(poll, (struct pollfd * fds, nfds_t count, int timeout_ms), (fds, count, timeout_ms),
            POLL_TARGET(SW_CALL_poll, sw_wait_timeout_ms(timeout_ms)))
SET_WRAPPER(ppoll,
            (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
             const sigset_t *mask),
            (fds, count, timeout, mask),
            POLL_TARGET(SW_CALL_ppoll, sw_wait_timeout_timespec(timeout)))
SET_WRAPPER(__poll, (struct pollfd * fds, nfds_t count, int timeout_ms), (fds, count, timeout_ms),
            POLL_TARGET(SW_CALL_poll, sw_wait_timeout_ms(timeout_ms)))
SET_WRAPPER(__poll_chk, (struct pollfd * fds, nfds_t count, int timeout_ms, size_t size),
            (fds, count, timeout_ms, size),
            POLL_TARGET(SW_CALL_poll, sw_wait_timeout_ms(timeout_ms)))
SET_WRAPPER(__ppoll_chk,
            (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
             const sigset_t *mask, size_t size),
            (fds, count, timeout, mask, size),
            POLL_TARGET(SW_CALL_ppoll, sw_wait_timeout_timespec(timeout)))

/* A timeout of select; it may be changed by the call. */
static int64_t timeout_of_timeval(const struct timeval *timeout)
{
    if (!sw_wait_readable(timeout, sizeof *timeout))
        return -1;
    if (timeout->tv_sec < 0 || timeout->tv_sec > INT64_C(4000000000))
        return -1;
    return (int64_t)timeout->tv_sec * 1000000000 + (int64_t)timeout->tv_usec * 1000;
}

#define SETS ((const void *const[3]){reading, writing, exceptions})

SET_WRAPPER(select,
            (int count, fd_set *reading, fd_set *writing, fd_set *exceptions,
             struct timeval *timeout),
            (count, reading, writing, exceptions, timeout),
            sw_wait_target_select(SW_CALL_select, count, SETS, timeout_of_timeval(timeout)))
SET_WRAPPER(__select,
            (int count, fd_set *reading, fd_set *writing, fd_set *exceptions,
             struct timeval *timeout),
            (count, reading, writing, exceptions, timeout),
            sw_wait_target_select(SW_CALL_select, count, SETS, timeout_of_timeval(timeout)))
SET_WRAPPER(pselect,
            (int count, fd_set *reading, fd_set *writing, fd_set *exceptions,
             const struct timespec *timeout, const sigset_t *mask),
            (count, reading, writing, exceptions, timeout, mask),
            sw_wait_target_select(SW_CALL_pselect, count, SETS, sw_wait_timeout_timespec(timeout)))
