/*
 * System calls made through libc's syscall(2): the waits of loops, their closing, futex(2), what is
 * done to signals, seccomp(2), and the raw forms of calls that are wrapped. Runtimes that bring
 * their own wrappers (tokio's parking, liburing's imitators) call it. Any thread; see notes/loop.h
 * and notes/call.h.
 *
 * The function is defined with all its arguments named, which for a caller is the same (psABI:
 * integers of a variadic call go where those of any other go): so a number that nobody asks about
 * costs a look into a table and a jump, with the frame gone. errno, the result, and that syscall is
 * no cancellation point stay libc's business.
 */
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "preload/interpose/closes.h"
#include "preload/interpose/confinement.h"
#include "preload/interpose/roots.h"
#include "preload/interpose/signals.h"
#include "preload/interpose/wrap.h"
#include "preload/notes/loop.h"
#include "preload/notes/mask_change.h"
#include "preload/notes/park.h"

#define NOINLINE __attribute__((noinline))

/* Newer than the headers of older distributions. */
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

SW_NEXT_DEFINE(syscall);

#define PARAMETERS long number, long a, long b, long c, long d, long e, long f
#define ARGUMENTS  number, a, b, c, d, e, f

SW_EXPORT long sw_raw_syscall(PARAMETERS) __asm__("syscall");

enum way {
    PASS,
    CALL,
    CLOSE,
    CLOSE_RANGE,
    FUTEX,
    WAIT,
    RING,
    SIGACTION,
    SIGMASK,
    PRCTL,
    SECCOMP,
    ROOT
};

/* What a note keeps of a call: arguments by number, or one of these constants. */
enum { NOTHING = 6, MONOTONIC = 7 };

static const struct raw_call {
    uint16_t id;
    uint8_t way;
    uint8_t noted[3]; /* of a CALL */
} raw_calls[] = {
    /* a descriptor, and how much */
    [SYS_read] = {SW_CALL_read, CALL, {0, 2, NOTHING}},
    [SYS_pread64] = {SW_CALL_pread, CALL, {0, 2, NOTHING}},
    [SYS_readv] = {SW_CALL_readv, CALL, {0, 2, NOTHING}},
    [SYS_preadv] = {SW_CALL_preadv, CALL, {0, 2, NOTHING}},
    [SYS_preadv2] = {SW_CALL_preadv2, CALL, {0, 2, NOTHING}},
    [SYS_write] = {SW_CALL_write, CALL, {0, 2, NOTHING}},
    [SYS_pwrite64] = {SW_CALL_pwrite, CALL, {0, 2, NOTHING}},
    [SYS_writev] = {SW_CALL_writev, CALL, {0, 2, NOTHING}},
    [SYS_pwritev] = {SW_CALL_pwritev, CALL, {0, 2, NOTHING}},
    [SYS_pwritev2] = {SW_CALL_pwritev2, CALL, {0, 2, NOTHING}},
    [SYS_recvfrom] = {SW_CALL_recvfrom, CALL, {0, 2, NOTHING}},
    /* a descriptor alone */
    [SYS_fsync] = {SW_CALL_fsync, CALL, {0, NOTHING, NOTHING}},
    [SYS_fdatasync] = {SW_CALL_fdatasync, CALL, {0, NOTHING, NOTHING}},
    [SYS_syncfs] = {SW_CALL_syncfs, CALL, {0, NOTHING, NOTHING}},
    [SYS_sync_file_range] = {SW_CALL_sync_file_range, CALL, {0, NOTHING, NOTHING}},
    [SYS_ftruncate] = {SW_CALL_ftruncate, CALL, {0, NOTHING, NOTHING}},
    [SYS_fallocate] = {SW_CALL_fallocate, CALL, {0, NOTHING, NOTHING}},
    [SYS_flock] = {SW_CALL_flock, CALL, {0, NOTHING, NOTHING}},
    [SYS_getdents64] = {SW_CALL_getdents, CALL, {0, NOTHING, NOTHING}},
    [SYS_accept] = {SW_CALL_accept, CALL, {0, NOTHING, NOTHING}},
    [SYS_accept4] = {SW_CALL_accept4, CALL, {0, NOTHING, NOTHING}},
    [SYS_recvmsg] = {SW_CALL_recvmsg, CALL, {0, NOTHING, NOTHING}},
    [SYS_recvmmsg] = {SW_CALL_recvmmsg, CALL, {0, NOTHING, NOTHING}},
    [SYS_sendmsg] = {SW_CALL_sendmsg, CALL, {0, NOTHING, NOTHING}},
    [SYS_sendmmsg] = {SW_CALL_sendmmsg, CALL, {0, NOTHING, NOTHING}},
    /* from one to another; an address; a name in a directory */
    [SYS_sendfile] = {SW_CALL_sendfile, CALL, {1, 0, NOTHING}},
    [SYS_splice] = {SW_CALL_splice, CALL, {0, 2, NOTHING}},
    [SYS_copy_file_range] = {SW_CALL_copy_file_range, CALL, {0, 2, NOTHING}},
    [SYS_connect] = {SW_CALL_connect, CALL, {0, 1, 2}},
    [SYS_sendto] = {SW_CALL_sendto, CALL, {0, 4, 5}},
    [SYS_openat] = {SW_CALL_openat, CALL, {1, 0, NOTHING}},
#if defined(SYS_openat2)
    [SYS_openat2] = {SW_CALL_openat2, CALL, {1, 0, NOTHING}},
#endif
    [SYS_waitid] = {SW_CALL_waitid, CALL, {0, 1, NOTHING}},
    /* a time */
    [SYS_nanosleep] = {SW_CALL_nanosleep, CALL, {0, MONOTONIC, NOTHING}},
    [SYS_clock_nanosleep] = {SW_CALL_clock_nanosleep, CALL, {2, 0, 1}},
    /* what a signal always ends (signal(7)), besides */
    [SYS_semop] = {SW_CALL_semop, CALL, {0, NOTHING, NOTHING}},
    [SYS_semtimedop] = {SW_CALL_semtimedop, CALL, {0, NOTHING, NOTHING}},
    [SYS_msgrcv] = {SW_CALL_msgrcv, CALL, {0, NOTHING, NOTHING}},
    [SYS_msgsnd] = {SW_CALL_msgsnd, CALL, {0, NOTHING, NOTHING}},
    [SYS_rt_sigtimedwait] = {SW_CALL_sigtimedwait, CALL, {2, MONOTONIC, NOTHING}},
    [SYS_rt_sigsuspend] = {SW_CALL_sigsuspend, CALL, {NOTHING, NOTHING, NOTHING}},
#if defined(SYS_pause)
    [SYS_pause] = {SW_CALL_pause, CALL, {NOTHING, NOTHING, NOTHING}},
#endif
    [SYS_io_getevents] = {SW_CALL_io_getevents, CALL, {NOTHING, NOTHING, NOTHING}},
#if defined(SYS_io_pgetevents)
    [SYS_io_pgetevents] = {SW_CALL_io_getevents, CALL, {NOTHING, NOTHING, NOTHING}},
#endif
    /* libuv closes so (uv__close_nocancel) */
    [SYS_close] = {SW_CALL_close, CLOSE, {0, NOTHING, NOTHING}},
#if defined(SYS_close_range)
    [SYS_close_range] = {SW_CALL_close, CLOSE_RANGE, {0}},
#endif
    [SYS_futex] = {SW_CALL_futex, FUTEX, {0}},
#if defined(SYS_poll)
    [SYS_poll] = {SW_CALL_poll, WAIT, {0}},
    [SYS_select] = {SW_CALL_select, WAIT, {0}},
    [SYS_epoll_wait] = {SW_CALL_epoll_wait, WAIT, {0}},
#endif
    [SYS_ppoll] = {SW_CALL_ppoll, WAIT, {0}},
    [SYS_pselect6] = {SW_CALL_pselect, WAIT, {0}},
    [SYS_epoll_pwait] = {SW_CALL_epoll_pwait, WAIT, {0}},
#if defined(SYS_epoll_pwait2)
    [SYS_epoll_pwait2] = {SW_CALL_epoll_pwait2, WAIT, {0}},
#endif
    [SYS_io_uring_enter] = {SW_CALL_io_uring_enter, RING, {0}},
    [SYS_rt_sigaction] = {0, SIGACTION, {0}},
    [SYS_rt_sigprocmask] = {0, SIGMASK, {0}},
    [SYS_prctl] = {0, PRCTL, {0}},
    [SYS_seccomp] = {0, SECCOMP, {0}},
    [SYS_chroot] = {0, ROOT, {0}},
};

static NOINLINE long noted_call(const struct raw_call *raw, PARAMETERS)
{
    const long values[] = {a, b, c, d, e, f, [NOTHING] = 0, [MONOTONIC] = CLOCK_MONOTONIC};
    struct sw_call call;
    SW_CALL_BEGIN(call, raw->id, values[raw->noted[0]], values[raw->noted[1]],
                  values[raw->noted[2]]);
    long result = SW_NEXT(syscall)(ARGUMENTS);
    int error = SW_MINUS_ONE(result);
    /* EAGAIN of sigtimedwait: the time is over, and so it has been read. */
    call.pointers =
        sw_error_after_reading(error) || (error == EAGAIN && raw->id == SW_CALL_sigtimedwait);
    SW_CALL_END(call);
    return result;
}

static bool futex_waits(int operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return true;
    default:
        return false;
    }
}

/* futex(2): of FUTEX_WAIT alone the timeout is a span; FUTEX_LOCK_PI's is of the real-time clock,
 * and the others' of the one that the flag says. */
static NOINLINE long noted_futex(PARAMETERS)
{
    int command = (int)b & FUTEX_CMD_MASK;
    bool real_time = command == FUTEX_LOCK_PI || ((int)b & FUTEX_CLOCK_REALTIME) != 0;
    struct sw_call call;
    SW_PARK_BEGIN(call, SW_CALL_futex, a, 0, d, real_time ? CLOCK_REALTIME : CLOCK_MONOTONIC,
                  (command == FUTEX_WAIT ? 0 : TIMER_ABSTIME) | (d == 0 ? SW_FUTEX_ENDLESS : 0));
    long result = SW_NEXT(syscall)(ARGUMENTS);
    call.pointers = sw_error_after_reading(SW_MINUS_ONE(result));
    SW_PARK_END(call, a, 0);
    return result;
}

static int64_t timeout_of_timeval(long pointer)
{
    const struct timeval *timeout = (const struct timeval *)pointer;
    if (!sw_wait_readable(timeout, sizeof *timeout) || timeout->tv_sec < 0 ||
        timeout->tv_sec > INT64_C(4000000000))
        return -1;
    return (int64_t)timeout->tv_sec * 1000000000 + (int64_t)timeout->tv_usec * 1000;
}

static struct sw_wait_target wait_target(uint32_t id, long a, long b, long c, long d, long e)
{
    const void *const sets[3] = {(void *)b, (void *)c, (void *)d};
    switch (id) {
    case SW_CALL_poll:
        return sw_wait_target_poll(id, (void *)a, (uint32_t)b, sw_wait_timeout_ms((int)c));
    case SW_CALL_ppoll:
        return sw_wait_target_poll(id, (void *)a, (uint32_t)b, sw_wait_timeout_timespec((void *)c));
    case SW_CALL_select:
        return sw_wait_target_select(id, (int)a, sets, timeout_of_timeval(e));
    case SW_CALL_pselect:
        return sw_wait_target_select(id, (int)a, sets, sw_wait_timeout_timespec((void *)e));
    case SW_CALL_epoll_pwait2:
        return sw_wait_target_epoll(id, (int)a, sw_wait_timeout_timespec((void *)d));
    default:
        return sw_wait_target_epoll(id, (int)a, sw_wait_timeout_ms((int)d));
    }
}

static NOINLINE long noted_wait(const struct raw_call *raw, PARAMETERS)
{
    struct sw_wait wait;
    SW_WAIT_BEGIN_UNUSUAL(wait, wait_target(raw->id, a, b, c, d, e));
    long result = SW_NEXT(syscall)(ARGUMENTS);
    SW_WAIT_END(wait, result);
    return result;
}

static NOINLINE long noted_ring(PARAMETERS)
{
    struct sw_wait wait;
    SW_WAIT_BEGIN_UNUSUAL(wait, sw_wait_target_enter(SW_CALL_io_uring_enter, (int)a, (uint32_t)b,
                                                     (uint32_t)c, (uint32_t)d, (const void *)e));
    long result = SW_NEXT(syscall)(ARGUMENTS);
    SW_WAIT_END(wait, 0); /* how many completions there are, only the ring says */
    return result;
}

static long make_sigaction(long number, const void *wanted, void *previous, long size)
{
    return SW_NEXT(syscall)(SYS_rt_sigaction, number, wanted, previous, size);
}

static NOINLINE long seen_sigmask(PARAMETERS)
{
    struct sw_mask_change change;
    int ours = sw_signals_ours();
    bool blocks = a != SIG_UNBLOCK && ours != 0 && d == sizeof(uint64_t) &&
                  sw_wait_readable((const void *)b, sizeof(uint64_t)) &&
                  (*(const uint64_t *)b >> (ours - 1) & 1) != 0;
    SW_MASK_CHANGE_BEGIN(change, blocks);
    long result = SW_NEXT(syscall)(ARGUMENTS);
    sw_mask_change_end(&change);
    return result;
}

long sw_raw_syscall(PARAMETERS)
{
    const struct raw_call *raw =
        (unsigned long)number < sizeof raw_calls / sizeof raw_calls[0] ? &raw_calls[number] : NULL;
    if (SW_LIKELY(raw == NULL || raw->way == PASS))
        return SW_NEXT(syscall)(ARGUMENTS);
    switch (raw->way) {
    case CALL:
        return noted_call(raw, ARGUMENTS);
    case CLOSE:
        sw_closes_note((int)a);
        return noted_call(raw, ARGUMENTS);
    case CLOSE_RANGE:
        if (c == 0)
            sw_closes_note_range((unsigned)a, (unsigned)b);
        return SW_NEXT(syscall)(ARGUMENTS);
    case WAIT:
        return noted_wait(raw, ARGUMENTS);
    case FUTEX:
        if (futex_waits((int)b))
            return noted_futex(ARGUMENTS);
        return SW_NEXT(syscall)(ARGUMENTS);
    case SIGACTION:
        return sw_signals_raw(make_sigaction, a, (const void *)b, (void *)c, d);
    case SIGMASK:
        return seen_sigmask(ARGUMENTS);
    case PRCTL:
        sw_confinement_by_prctl(a, b, c);
        return SW_NEXT(syscall)(ARGUMENTS);
    case SECCOMP:
        sw_confinement_by_seccomp(a, c);
        return SW_NEXT(syscall)(ARGUMENTS);
    case ROOT:
        sw_roots_change((const char *)a);
        return SW_NEXT(syscall)(ARGUMENTS);
    default:
        if (d & IORING_ENTER_GETEVENTS)
            return noted_ring(ARGUMENTS);
        return SW_NEXT(syscall)(ARGUMENTS);
    }
}
