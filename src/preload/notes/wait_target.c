/*
 * See wait_target.h. Called by the wrappers and by the rules of loops, on the thread that waits.
 *
 * Sets are looked at as far as the call says, up to MOST_PLACES and MOST_BITS: programs with many
 * descriptors allocate larger sets than a fd_set. The kernel reads no more of select's sets than
 * there are descriptors in the process (core_sys_select), so a count may also be one that the sets
 * have no room for: what a fd_set holds is looked at then.
 */
#include "preload/notes/wait_target.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/select.h>
#include <time.h>

#include "common/kernel.h"

/* Newer than the headers of older distributions. */
#ifndef IORING_ENTER_REGISTERED_RING
#define IORING_ENTER_REGISTERED_RING (1U << 4)
#endif

#define MOST_PLACES      1024
#define MOST_BITS        65536
#define PAGE             4096
#define NEAR_STACK_BYTES 16384
#define USER_SPACE_END   (UINT64_C(1) << 47)

/* The memory that was found readable last. */
static __thread uint64_t readable_from, readable_to;

static bool is_word_readable(uint64_t address)
{
    /* 0x7fffffff is no way to change the mask: EINVAL, after the set was read. */
    long result =
        sw_kernel6(SYS_rt_sigprocmask, 0x7fffffff, (long)(address & ~UINT64_C(7)), 0, 8, 0, 0);
    return result != -EFAULT;
}

bool sw_wait_readable(const void *pointer, uint64_t size)
{
    uint64_t from = (uint64_t)(uintptr_t)pointer, to = from + size;
    if (from < PAGE || to > USER_SPACE_END || to < from)
        return false;
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    if (from >= here && to <= here + NEAR_STACK_BYTES && size <= PAGE)
        return true;
    if (from >= readable_from && to <= readable_to)
        return true;
    for (uint64_t page = from & ~(uint64_t)(PAGE - 1); page < to; page += PAGE)
        if (!is_word_readable(page < from ? from : page))
            return false;
    readable_from = from;
    readable_to = to;
    return true;
}

int64_t sw_wait_timeout_timespec(const struct timespec *timeout)
{
    if (!sw_wait_readable(timeout, sizeof *timeout))
        return -1;
    if (timeout->tv_sec < 0 || timeout->tv_sec > INT64_C(4000000000))
        return -1;
    return (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
}

struct sw_wait_target sw_wait_target_epoll(uint32_t id, int epfd, int64_t timeout_ns)
{
    return (struct sw_wait_target){
        .kind = SW_WAIT_EPOLL, .id = id, .timeout_ns = timeout_ns, .key = (uint64_t)epfd};
}

struct sw_wait_target sw_wait_target_ring(uint32_t id, int fd, int64_t timeout_ns)
{
    return (struct sw_wait_target){
        .kind = SW_WAIT_RING, .id = id, .timeout_ns = timeout_ns, .key = (uint64_t)fd};
}

struct sw_wait_target sw_wait_target_enter(uint32_t id, int fd, uint32_t submitted, uint32_t wanted,
                                           uint32_t flags, const void *argument)
{
    int64_t timeout_ns = wanted == 0 ? 0 : -1;
    const struct io_uring_getevents_arg *more = argument;
    if (wanted > 0 && (flags & IORING_ENTER_EXT_ARG) && sw_wait_readable(more, sizeof *more) &&
        more->ts != 0)
        timeout_ns = sw_wait_timeout_timespec((const void *)(uintptr_t)more->ts);
    if (flags & IORING_ENTER_REGISTERED_RING)
        return sw_wait_target_custom(id, (uint32_t)fd | UINT64_C(1) << 32, timeout_ns);
    struct sw_wait_target target = sw_wait_target_ring(id, fd, timeout_ns);
    target.flushes = submitted > 0 && submitted == wanted;
    return target;
}

struct sw_wait_target sw_wait_target_custom(uint32_t id, uint64_t key, int64_t timeout_ns)
{
    return (struct sw_wait_target){
        .kind = SW_WAIT_CUSTOM, .id = id, .timeout_ns = timeout_ns, .key = key};
}

struct sw_wait_target sw_wait_target_poll(uint32_t id, const struct pollfd *fds, uint64_t count,
                                          int64_t timeout_ns)
{
    uint64_t places = count < MOST_PLACES ? count : MOST_PLACES;
    if (!sw_wait_readable(fds, places * sizeof *fds))
        places = 0;
    return (struct sw_wait_target){
        .kind = SW_WAIT_POLL, .id = id, .timeout_ns = timeout_ns, .places = places, .fds = fds};
}

static bool are_readable(const void *const sets[3], uint64_t places)
{
    for (int i = 0; i < 3; i++)
        if (sets[i] != NULL && !sw_wait_readable(sets[i], (places + 63) / 64 * 8))
            return false;
    return true;
}

struct sw_wait_target sw_wait_target_select(uint32_t id, int count, const void *const sets[3],
                                            int64_t timeout_ns)
{
    uint64_t places = count < 0 ? 0 : count < MOST_BITS ? (uint64_t)count : MOST_BITS;
    if (places > FD_SETSIZE && !are_readable(sets, places))
        places = FD_SETSIZE;
    if (!are_readable(sets, places))
        places = 0;
    return (struct sw_wait_target){.kind = SW_WAIT_SELECT,
                                   .id = id,
                                   .timeout_ns = timeout_ns,
                                   .places = places,
                                   .bits = {sets[0], sets[1], sets[2]}};
}

/* 64 places of select's three sets in one word. */
static uint64_t word_at(const struct sw_wait_target *target, uint64_t index)
{
    uint64_t word = 0, left = target->places - index * 64;
    for (int i = 0; i < 3; i++)
        if (target->bits[i] != NULL)
            word |= target->bits[i][index];
    return left < 64 ? word & ((UINT64_C(1) << left) - 1) : word;
}

int32_t sw_wait_set_at(const struct sw_wait_target *target, uint64_t place)
{
    if (place >= target->places)
        return -1;
    if (target->kind == SW_WAIT_POLL)
        return target->fds[place].fd;
    return (word_at(target, place / 64) >> (place % 64)) & 1 ? (int32_t)place : -1;
}

int64_t sw_wait_set_place(const struct sw_wait_target *target, int32_t fd)
{
    if (fd < 0)
        return -1;
    if (target->kind == SW_WAIT_SELECT)
        return sw_wait_set_at(target, (uint64_t)fd);
    for (uint64_t i = 0; i < target->places; i++)
        if (target->fds[i].fd == fd)
            return (int64_t)i;
    return -1;
}

uint64_t sw_wait_set_count(const struct sw_wait_target *target, int32_t *first)
{
    uint64_t count = 0;
    *first = -1;
    if (target->kind == SW_WAIT_SELECT) {
        for (uint64_t i = 0; i * 64 < target->places; i++) {
            uint64_t word = word_at(target, i);
            if (word != 0 && *first < 0)
                *first = (int32_t)(i * 64) + __builtin_ctzll(word);
            count += (uint64_t)__builtin_popcountll(word);
        }
        return count;
    }
    for (uint64_t i = 0; i < target->places; i++) {
        if (target->fds[i].fd < 0)
            continue;
        if (*first < 0)
            *first = target->fds[i].fd;
        count++;
    }
    return count;
}
