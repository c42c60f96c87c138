/*
 * What the test programs share: a small event loop on epoll, and ways to spend time. Each program
 * says at its top what it shows, and what the library must report of it, in lines that
 * tests/run/expectations.py reads (the grammar is there).
 *
 * Programs print only what must be the same with the library and without it.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define UNUSED   __attribute__((unused))
#define SKIP     77 /* exit code: this machine cannot run the test */

/* Ends the program with a line on stdout where `condition` does not hold. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, strerror(errno));            \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Written after the last call of a function under test, so that it stays on the stack (no tail
 * call). */
static volatile int keep_frame UNUSED;

static inline uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline struct timespec span_ms(unsigned ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
}

static inline void pause_ms(unsigned ms)
{
    struct timespec left = span_ms(ms);
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        ;
}

/* Computes for `ms` of the thread's own CPU time; named, since reports have to show it. */
static NOINLINE UNUSED void burn(unsigned ms)
{
    static volatile double sum;
    uint64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + (uint64_t)ms * 1000000u;
    do {
        for (int i = 1; i < 200000; i++)
            sum = sum + 1.0 / i;
    } while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end);
    keep_frame = keep_frame + 1;
}

/* A loop that a timer wakes every 20 ms. */
struct loop {
    int epoll, timer;
};

static inline struct loop loop_begin(void)
{
    struct loop loop = {epoll_create1(EPOLL_CLOEXEC), timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
    struct itimerspec every = {span_ms(20), span_ms(20)};
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = loop.timer}};
    REQUIRE(loop.epoll >= 0 && loop.timer >= 0);
    REQUIRE(timerfd_settime(loop.timer, 0, &every, NULL) == 0);
    REQUIRE(epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.timer, &event) == 0);
    return loop;
}

static inline void loop_took(const struct loop *loop)
{
    uint64_t ticks;
    REQUIRE(read(loop->timer, &ticks, sizeof ticks) == sizeof ticks);
}

/* One wait without limit; returns when the timer fired. */
static inline void loop_wait(const struct loop *loop)
{
    struct epoll_event event;
    int count;
    do {
        count = epoll_wait(loop->epoll, &event, 1, -1);
    } while (count < 0 && errno == EINTR);
    REQUIRE(count == 1);
    loop_took(loop);
}

/* In its caller, whatever the compiler: a function of its own that has returned would be a loop
 * that is over. */
static inline __attribute__((always_inline)) void loop_turn(const struct loop *loop, int times)
{
    while (times-- > 0)
        loop_wait(loop);
}

static inline void loop_end(const struct loop *loop)
{
    close(loop->timer);
    close(loop->epoll);
}

/* Five quiet turns, the callback, five quiet turns, the end. */
static inline void loop_run(void (*on_event)(void))
{
    struct loop loop = loop_begin();
    loop_turn(&loop, 5);
    on_event();
    loop_turn(&loop, 5);
    loop_end(&loop);
}

static inline pthread_t thread_begin(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

/* A thread that writes a byte to the descriptor `late` after 200 ms. */
static UNUSED void *write_late(void *late)
{
    pause_ms(200);
    REQUIRE(write((int)(intptr_t)late, "x", 1) == 1);
    return NULL;
}

#endif
