/*
 * A process that is watched by nobody, for the tests of notes/ and watch/: the library's words and
 * the thread's record are made as in a real program, and what would start or wake the watchdog
 * counts.
 *
 * wait_epoll and wait_poll are what a wrapper is: the notes around a real wait, each in a frame of
 * its own. Check runs each test in a process of its own, so each begins with nothing noted.
 * Included once by each test.
 */
#ifndef SW_TESTS_NOTES_FIXTURE_H
#define SW_TESTS_NOTES_FIXTURE_H

#include <check.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preload/notes/loop.h"

#define NOINLINE  __attribute__((noinline, unused))
#define UNUSED    __attribute__((unused))
#define THRESHOLD UINT64_C(1000000000000) /* ticks: nothing is a stall unless a test says so */

static int watches, wakes;
static volatile unsigned
    keep_frame; /* written after a call, so that it is not the function's last */

static void count_watch(void)
{
    watches++;
}

static void count_wake(void)
{
    wakes++;
}

static UNUSED void begin_process(void)
{
    char *environment[] = {NULL};
    sw_process_watch = count_watch;
    sw_process_wake = count_wake;
    sw_process_birth(environment);
    ck_assert(sw_process_start());
    atomic_store(&sw_process->threshold_ticks, THRESHOLD);
}

/* From when on an iteration is a stall, as both the process and this thread know it. */
static UNUSED void set_threshold(uint64_t ticks)
{
    atomic_store(&sw_process->threshold_ticks, ticks);
    atomic_store(&sw_thread_self->threshold_ticks, ticks);
}

/* A wrapper of an epoll wait, both its ways in one. */
#define SW_EPOLL_BEGIN(wait, call_id, epfd, timeout)                                               \
    do {                                                                                           \
        struct sw_thread *noting_ = sw_thread_self;                                                \
        if (SW_LIKELY(sw_wait_is_usual(noting_, (epfd))))                                          \
            SW_WAIT_BEGIN_USUAL(wait, noting_, (call_id), (timeout));                              \
        else                                                                                       \
            SW_WAIT_BEGIN_UNUSUAL(wait, sw_wait_target_epoll((call_id), (epfd), (timeout)));       \
    } while (0)

/* What the wrappers of epoll_wait(2) and poll(2) do; both return whether anything was noted. */
static NOINLINE bool wait_epoll(int epfd, int timeout_ms)
{
    struct epoll_event events[4];
    struct sw_wait wait;
    SW_EPOLL_BEGIN(wait, SW_CALL_epoll_wait, epfd, timeout_ms * INT64_C(1000000));
    bool noted = wait.thread != NULL;
    int ready = epoll_wait(epfd, events, 4, timeout_ms);
    SW_WAIT_END(wait, ready);
    return noted;
}

static NOINLINE bool wait_poll_for(struct pollfd *fds, uint64_t count, int timeout_ms)
{
    struct sw_wait wait;
    SW_WAIT_BEGIN_UNUSUAL(
        wait, sw_wait_target_poll(SW_CALL_poll, fds, count, timeout_ms * INT64_C(1000000)));
    bool noted = wait.thread != NULL;
    int ready = poll(fds, count, timeout_ms);
    SW_WAIT_END(wait, ready);
    return noted;
}

/* Polls up to three descriptors, -1 for none, without waiting. */
static NOINLINE bool wait_poll(int first, int second, int third)
{
    struct pollfd fds[3] = {{first, POLLIN, 0}, {second, POLLIN, 0}, {third, POLLIN, 0}};
    bool noted = wait_poll_for(fds, third >= 0 ? 3 : second >= 0 ? 2 : 1, 0);
    keep_frame++;
    return noted;
}

/* The same from 64 bytes a level deeper in the stack. */
static NOINLINE bool deeper_poll(int levels, int first)
{
    volatile char room[64];
    room[0] = (char)levels;
    bool noted = levels > 0 ? deeper_poll(levels - 1, first) : wait_poll(first, -1, -1);
    keep_frame += (unsigned)room[0];
    return noted;
}

static UNUSED int new_epoll(void)
{
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    ck_assert_int_ge(epfd, 0);
    return epfd;
}

/* An end of a connected pair of sockets; the other end stays open. */
static UNUSED int new_socket(void)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    return ends[0];
}

static UNUSED int new_pipe(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    return ends[0];
}

/* As the wrapper of close(2) does it. */
static UNUSED void close_noted(int fd)
{
    if (SW_CLOSES_MATTER(fd))
        sw_loop_descriptor_closed(fd);
    ck_assert_int_eq(close(fd), 0);
}

static UNUSED uint32_t state_of(const struct sw_loop *loop)
{
    return atomic_load(&loop->state);
}

/* The loop on epoll descriptor `fd` that is there now; NULL: none. */
static UNUSED struct sw_loop *loop_on(int fd)
{
    for (unsigned i = 0; sw_thread_self != NULL && i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &sw_thread_self->loops[i];
        uint32_t state = state_of(loop);
        if (loop->fd == fd && (state == SW_LOOP_CANDIDATE || state == SW_LOOP_OWNED))
            return loop;
    }
    return NULL;
}

static UNUSED unsigned count_loops(uint32_t state)
{
    unsigned count = 0;
    for (unsigned i = 0; sw_thread_self != NULL && i < SW_LOOPS_PER_THREAD; i++)
        count += state_of(&sw_thread_self->loops[i]) == state;
    return count;
}

static UNUSED uint64_t iterations(const struct sw_loop *loop)
{
    return atomic_load(&loop->iteration);
}

/* What is noted of call `id` in the iteration in progress; nothing: zeroes. */
static UNUSED const struct sw_call_slot *noted(uint32_t id)
{
    static const struct sw_call_slot none;
    const struct sw_call_slot *slot = sw_call_slot_of(sw_thread_self, id);
    return slot != NULL ? slot : &none;
}

static UNUSED unsigned calls_noted(uint32_t id)
{
    return noted(id)->count;
}

/* This thread's record, in the first iteration of a process of its own. */
static UNUSED struct sw_thread *begin_iteration(void)
{
    begin_process();
    struct sw_thread *self = sw_thread_attach();
    ck_assert_ptr_nonnull(self);
    self->in_iteration = 1;
    self->stamp = 1;
    return self;
}

static UNUSED int run_suite(TCase *all, const char *name)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
