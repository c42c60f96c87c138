/*
 * The waits of loops: epoll_wait(2) and poll(2) with their kin. Any thread; see notes/loop.h.
 *
 * All of these are cancellation points: nothing is held across the real call.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "preload/interpose/next.h"
#include "preload/notes/loop.h"

SW_NEXT_DEFINE(epoll_wait);
SW_NEXT_DEFINE(epoll_pwait);
SW_NEXT_DEFINE(poll);
SW_NEXT_DEFINE(ppoll);

/* Not in every libc that we may be built with; the next definition is looked up by name. */
int epoll_pwait2(int epfd, struct epoll_event *events, int most, const struct timespec *timeout,
                 const sigset_t *mask);
SW_NEXT_DEFINE(epoll_pwait2);

static int64_t timeout_of_ms(int timeout_ms)
{
    return timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000;
}

/* A bad pointer is the kernel's to find (EFAULT): what cannot be a user's address is not looked
 * into. */
static bool is_readable(const void *pointer)
{
    return (uintptr_t)pointer >= 4096 && (uintptr_t)pointer < UINT64_C(1) << 47;
}

static int64_t timeout_of_timespec(const struct timespec *timeout)
{
    if (!is_readable(timeout))
        return -1;
    if (timeout->tv_sec > INT64_C(4000000000))
        return -1;
    return (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
}

/*
 * The epoll waits, two functions each: the wait of the usual loop, which is all that a busy loop
 * calls, kept small, since a system call leaves little in the caches; and any other, out of its
 * way.
 */
#define EPOLL_WRAPPER(name, parameters, arguments, timeout_ns)                                     \
    static __attribute__((noinline, cold)) int name##_unusual parameters                           \
    {                                                                                              \
        struct sw_wait wait;                                                                       \
        SW_WAIT_BEGIN_UNUSUAL(wait, epfd, NULL, 0, timeout_ns, SW_CALL_##name);                    \
        int ready = SW_NEXT(name) arguments;                                                       \
        SW_WAIT_END(wait, ready);                                                                  \
        return ready;                                                                              \
    }                                                                                              \
                                                                                                   \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        struct sw_thread *thread = sw_thread_self;                                                 \
        if (SW_UNLIKELY(!sw_wait_is_usual(thread, epfd)))                                          \
            return name##_unusual arguments;                                                       \
        struct sw_wait wait;                                                                       \
        SW_WAIT_BEGIN_USUAL(wait, thread, SW_CALL_##name, timeout_ns);                             \
        int ready = SW_NEXT(name) arguments;                                                       \
        sw_wait_leave(&wait, &thread->loops[0], ready);                                            \
        return ready;                                                                              \
    }

EPOLL_WRAPPER(epoll_wait, (int epfd, struct epoll_event *events, int most, int timeout_ms),
              (epfd, events, most, timeout_ms), timeout_of_ms(timeout_ms))
EPOLL_WRAPPER(epoll_pwait,
              (int epfd, struct epoll_event *events, int most, int timeout_ms,
               const sigset_t *mask),
              (epfd, events, most, timeout_ms, mask), timeout_of_ms(timeout_ms))
EPOLL_WRAPPER(epoll_pwait2,
              (int epfd, struct epoll_event *events, int most, const struct timespec *timeout,
               const sigset_t *mask),
              (epfd, events, most, timeout, mask), timeout_of_timespec(timeout))

SW_EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct sw_wait wait;
    SW_POLL_BEGIN(wait, SW_CALL_poll, fds, is_readable(fds) ? count : 0, timeout_of_ms(timeout_ms));
    int ready = SW_NEXT(poll)(fds, count, timeout_ms);
    SW_WAIT_END(wait, ready);
    return ready;
}

SW_EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                    const sigset_t *mask)
{
    struct sw_wait wait;
    SW_POLL_BEGIN(wait, SW_CALL_ppoll, fds, is_readable(fds) ? count : 0,
                  timeout_of_timespec(timeout));
    int ready = SW_NEXT(ppoll)(fds, count, timeout, mask);
    SW_WAIT_END(wait, ready);
    return ready;
}
