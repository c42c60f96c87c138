/*
 * The waits of liburing.so, which makes its system calls with instructions of its own, so that
 * syscall(2)'s wrapper does not see them. Any thread; see notes/loop.h.
 *
 * What liburing's header makes inline calls one of these when there is something to wait for. Of a
 * ring its descriptor is read, and how many completions there are: their places are part of
 * liburing 2's ABI.
 *
 * A plugin may have brought liburing.so with it (dlopen without RTLD_GLOBAL): ours come first for
 * it all the same, and the real ones are not among the next then. They are found through the module
 * that calls. Where there are none, nobody calls; a program that asks the loader for such a name
 * finds ours, and calling it is answered with -ENOSYS, as by a kernel without io_uring.
 */
#include <errno.h>
#include <link.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "preload/interpose/next.h"
#include "preload/libc/loader.h"
#include "preload/notes/loop.h"

struct ring; /* liburing's struct io_uring */

#define PLACE_OF_HEAD       104 /* cq.khead */
#define PLACE_OF_TAIL       112 /* cq.ktail */
#define PLACE_OF_DESCRIPTOR 196 /* ring_fd */

static int descriptor_of(const struct ring *ring)
{
    int fd;
    memcpy(&fd, (const char *)ring + PLACE_OF_DESCRIPTOR, sizeof fd);
    return fd;
}

/* How many completions the program has not taken yet. */
static int64_t completions_in(const struct ring *ring)
{
    const uint32_t *head, *tail;
    memcpy(&head, (const char *)ring + PLACE_OF_HEAD, sizeof head);
    memcpy(&tail, (const char *)ring + PLACE_OF_TAIL, sizeof tail);
    if (head == NULL || tail == NULL)
        return 0;
    return (int64_t)(__atomic_load_n(tail, __ATOMIC_ACQUIRE) - *head);
}

static int64_t limit_of(unsigned wanted, const struct timespec *limit)
{
    return wanted == 0 ? 0 : sw_wait_timeout_timespec(limit);
}

/* The real function as the module sees it that `caller` is an address of; NULL: none. */
static void *find_from(const void *caller, const char *name, const void *own)
{
    void *address = sw_loader_next(name);
    struct link_map *map = address == NULL ? sw_loader_map_of(caller) : NULL;
    if (map != NULL) {
        void *module = sw_loader_open(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
        address = module != NULL ? sw_loader_symbol(module, name) : NULL;
    }
    if (address == NULL || address == own) {
        void *liburing = sw_loader_open("liburing.so.2", RTLD_LAZY | RTLD_NOLOAD);
        address = liburing != NULL ? sw_loader_symbol(liburing, name) : NULL;
    }
    return address;
}

/* Is there a real function? Slow the first time. errno kept. */
static bool is_there(void **where, const char *name, const void *own, const void *caller)
{
    if (SW_LIKELY(__atomic_load_n(where, __ATOMIC_ACQUIRE) != NULL))
        return true;
    int saved_errno = errno;
    void *address = find_from(caller, name, own);
    if (address != NULL)
        sw_next_keep(where, name, address);
    errno = saved_errno;
    return address != NULL;
}

#define IS_THERE(name)                                                                             \
    is_there(&next_##name, #name, (const void *)(uintptr_t)name, __builtin_return_address(0))

/* `is_wait`: does it show completions at all; `timeout_ns`: evaluated only where it is wanted. */
#define RING_WRAPPER(name, parameters, arguments, is_wait, timeout_ns)                             \
    int name parameters;                                                                           \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        if (SW_UNLIKELY(!IS_THERE(name)))                                                          \
            return -ENOSYS;                                                                        \
        if (!(is_wait))                                                                            \
            return SW_NEXT(name) arguments;                                                        \
        struct sw_wait wait;                                                                       \
        SW_WAIT_BEGIN_UNUSUAL(                                                                     \
            wait, sw_wait_target_ring(SW_CALL_io_uring_enter, descriptor_of(ring), timeout_ns));   \
        int result = SW_NEXT(name) arguments;                                                      \
        SW_WAIT_END(wait, completions_in(ring));                                                   \
        return result;                                                                             \
    }

RING_WRAPPER(__io_uring_get_cqe,
             (struct ring * ring, void **completion, unsigned submitted, unsigned wanted,
              sigset_t *mask),
             (ring, completion, submitted, wanted, mask), true, wanted == 0 ? 0 : -1)
RING_WRAPPER(io_uring_wait_cqes,
             (struct ring * ring, void **completion, unsigned wanted, struct timespec *limit,
              sigset_t *mask),
             (ring, completion, wanted, limit, mask), true, limit_of(wanted, limit))
RING_WRAPPER(io_uring_wait_cqe_timeout,
             (struct ring * ring, void **completion, struct timespec *limit),
             (ring, completion, limit), true, limit_of(1, limit))
RING_WRAPPER(io_uring_submit_and_wait, (struct ring * ring, unsigned wanted), (ring, wanted),
             wanted > 0, -1)
RING_WRAPPER(io_uring_submit_and_wait_timeout,
             (struct ring * ring, void **completion, unsigned wanted, struct timespec *limit,
              sigset_t *mask),
             (ring, completion, wanted, limit, mask), wanted > 0, limit_of(wanted, limit))
RING_WRAPPER(io_uring_get_events, (struct ring * ring), (ring), true, 0)
RING_WRAPPER(io_uring_submit_and_get_events, (struct ring * ring), (ring), true, 0)

/* The same by descriptor: what it submits is no wait, to be shown completions is. A ring that the
 * thread has registered comes as an index, which is no descriptor. */
#define ENTER_WRAPPER(name, parameters, arguments)                                                 \
    int name parameters;                                                                           \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        if (SW_UNLIKELY(!IS_THERE(name)))                                                          \
            return -ENOSYS;                                                                        \
        if (!(flags & IORING_ENTER_GETEVENTS))                                                     \
            return SW_NEXT(name) arguments;                                                        \
        struct sw_wait wait;                                                                       \
        SW_WAIT_BEGIN_UNUSUAL(wait, sw_wait_target_enter(SW_CALL_io_uring_enter, (int)fd,          \
                                                         submitted, wanted, flags, mask));         \
        int result = SW_NEXT(name) arguments;                                                      \
        SW_WAIT_END(wait, 0);                                                                      \
        return result;                                                                             \
    }

ENTER_WRAPPER(io_uring_enter,
              (unsigned fd, unsigned submitted, unsigned wanted, unsigned flags, sigset_t *mask),
              (fd, submitted, wanted, flags, mask))
ENTER_WRAPPER(io_uring_enter2,
              (unsigned fd, unsigned submitted, unsigned wanted, unsigned flags, sigset_t *mask,
               size_t size),
              (fd, submitted, wanted, flags, mask, size))

/* It closes the ring's descriptor by itself: the loop is over. */
void io_uring_queue_exit(struct ring *ring);
SW_NEXT_DEFINE_COLD(io_uring_queue_exit);

SW_EXPORT void io_uring_queue_exit(struct ring *ring)
{
    if (SW_UNLIKELY(!IS_THERE(io_uring_queue_exit)))
        return;
    int fd = descriptor_of(ring);
    if (fd >= 0) {
        SW_CLOSES_COUNT(fd)++;
        if (SW_CLOSES_MATTER(fd))
            sw_loop_descriptor_closed(fd);
    }
    SW_NEXT(io_uring_queue_exit)(ring);
}
