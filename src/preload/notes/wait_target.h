/*
 * What a wait is on, whatever call it is: an epoll descriptor, a set of pollfd, the three sets of
 * select(2), an io_uring, or a pointer of the program's own (include/stallwatch.h).
 *
 * Made by the wrappers of waits on the stack of the waiting thread, which is the only one to look
 * into it, and before the real call alone: the kernel writes to the sets of select.
 */
#ifndef SW_NOTES_WAIT_TARGET_H
#define SW_NOTES_WAIT_TARGET_H

#include <stdbool.h>
#include <stdint.h>

struct pollfd;
struct timespec;

enum sw_wait_kind {
    SW_WAIT_EPOLL,  /* `key` is a descriptor */
    SW_WAIT_RING,   /* `key` is a descriptor */
    SW_WAIT_CUSTOM, /* `key` is anything */
    SW_WAIT_PARKED, /* no wait: of a loop that its thread has only parked for, see park_member.c */
    SW_WAIT_POLL,   /* a set, `fds` */
    SW_WAIT_SELECT  /* a set, `bits` */
};

struct sw_wait_target {
    enum sw_wait_kind kind;
    uint32_t id;        /* enum sw_call_id */
    int64_t timeout_ns; /* negative: no end */
    uint64_t key;
    bool flushes;    /* waits for what it submits itself: that may be all it is for */
    uint64_t places; /* of a set: how many pollfd, or how many bits */
    union {
        const struct pollfd *fds;
        const uint64_t *bits[3]; /* NULL: that set is not asked for */
    };
};

/* A set is known by the descriptors in it, everything else by its key. */
static inline bool sw_wait_is_set(uint32_t kind)
{
    return kind >= SW_WAIT_POLL;
}

/* Targets. A pointer that is none is left for the kernel to find (EFAULT): the set is taken for an
 * empty one then. Any thread; errno kept; a system call only where memory is seen for the first
 * time. */
struct sw_wait_target sw_wait_target_epoll(uint32_t id, int epfd, int64_t timeout_ns);
struct sw_wait_target sw_wait_target_ring(uint32_t id, int fd, int64_t timeout_ns);
/* io_uring_enter(2) with IORING_ENTER_GETEVENTS: to be shown completions is the wait. A ring that
 * the thread has registered comes as an index, which is no descriptor. */
struct sw_wait_target sw_wait_target_enter(uint32_t id, int fd, uint32_t submitted, uint32_t wanted,
                                           uint32_t flags, const void *argument);
struct sw_wait_target sw_wait_target_custom(uint32_t id, uint64_t key, int64_t timeout_ns);
struct sw_wait_target sw_wait_target_poll(uint32_t id, const struct pollfd *fds, uint64_t count,
                                          int64_t timeout_ns);
/* `count`, `sets`: as select(2) takes them, for reading, writing, exceptions. */
struct sw_wait_target sw_wait_target_select(uint32_t id, int count, const void *const sets[3],
                                            int64_t timeout_ns);

/* A timeout as the calls take them, in ns; negative: no end. A pointer that is none has no end. */
static inline int64_t sw_wait_timeout_ms(int timeout_ms)
{
    return timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000;
}
/* NULL has no end; one that cannot be read neither. Calling thread; errno kept. */
int64_t sw_wait_timeout_timespec(const struct timespec *timeout);

/* Can `size` bytes from `pointer` on be read? The thread's own stack above its stack pointer can,
 * and what could be the last time; else rt_sigprocmask(2) is asked, which reads before it refuses.
 * Any thread; errno kept. */
bool sw_wait_readable(const void *pointer, uint64_t size);

/* Sets only. The descriptor at place `place`, or -1; where `fd` stands, or -1; how many descriptors
 * there are, and the first of them (-1: none). */
int32_t sw_wait_set_at(const struct sw_wait_target *target, uint64_t place);
int64_t sw_wait_set_place(const struct sw_wait_target *target, int32_t fd);
uint64_t sw_wait_set_count(const struct sw_wait_target *target, int32_t *first);

#endif
