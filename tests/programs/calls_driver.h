/*
 * What the programs that make every wrapped call share: each call is made over and over until the
 * iteration is a stall, and at the end each call's name is printed with the detail that is expected
 * of it, for tests/run/test_calls.py. Included once, after the program's own table CALLS(X) of
 * name, expected detail (a glob) and what to do.
 */
#ifndef STALLWATCH_CALLS_DRIVER_H
#define STALLWATCH_CALLS_DRIVER_H

#include "support.h"

#define STALL_NS 6000000

#define DEFINE_CALL(name, detail, ...)                                                             \
    static void call_##name(void)                                                                  \
    {                                                                                              \
        (void)(__VA_ARGS__);                                                                       \
    }
CALLS(DEFINE_CALL)

static const struct made_call {
    const char *name, *detail;
    void (*call)(void);
} calls[] = {
#define CALL_ROW(name, detail, ...) {#name, detail, call_##name},
    CALLS(CALL_ROW)};

static inline void wait_ms(int epoll, int ms)
{
    struct epoll_event event;
    epoll_wait(epoll, &event, 1, ms);
}

static NOINLINE void stall_by(void (*call)(void))
{
    uint64_t end = now_ns(CLOCK_MONOTONIC) + STALL_NS;
    do {
        for (int i = 0; i < 4; i++)
            call();
    } while (now_ns(CLOCK_MONOTONIC) < end);
}

/* `before` is told of each call, `behind` puts away what it left, outside of its iteration. */
static inline void make_calls(void (*before)(const char *name), void (*behind)(void))
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < 12; i++)
        wait_ms(epoll, 1);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (before != NULL)
            before(calls[i].name);
        stall_by(calls[i].call);
        wait_ms(epoll, i == 0 ? 500 : 4); /* the watchdog reports; first it starts its helper */
        behind();
        wait_ms(epoll, 0);
    }
    close(epoll);
}

static inline void print_calls(int output)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        dprintf(output, "%s\t%s\n", calls[i].name, calls[i].detail);
}

#endif
