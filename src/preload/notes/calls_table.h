/*
 * The calls that are wrapped, one row each: X(name, kind of detail, class).
 *
 * The name is the public one that reports use; the kind says how its arguments are shown
 * (detail.h); the class says which cause the time in it speaks for. Rows are added at the end of
 * their family.
 */
#ifndef SW_NOTES_CALLS_TABLE_H
#define SW_NOTES_CALLS_TABLE_H

/* clang-format off */
#define SW_CALLS(X)                                  \
    /* loop waits; nested in another loop's iteration they are calls */ \
    X(epoll_wait,      WAIT,       WAIT)             \
    X(epoll_pwait,     WAIT,       WAIT)             \
    X(epoll_pwait2,    WAIT,       WAIT)             \
    X(poll,            WAIT,       WAIT)             \
    X(ppoll,           WAIT,       WAIT)             \
    X(select,          WAIT,       WAIT)             \
    X(pselect,         WAIT,       WAIT)             \
    X(io_uring_enter,  WAIT,       WAIT)             \
    X(stallwatch_loop_wait, NONE,  WAIT)             \
    /* sleeps */                                     \
    X(sleep,           SECONDS,    BLOCKING)         \
    X(usleep,          MICROS,     BLOCKING)         \
    X(nanosleep,       TIMESPEC,   BLOCKING)         \
    X(clock_nanosleep, TIMESPEC,   BLOCKING)         \
    /* files */                                      \
    X(read,            DESCRIPTOR, BLOCKING)         \
    X(pread,           DESCRIPTOR, BLOCKING)         \
    X(readv,           DESCRIPTOR, BLOCKING)         \
    X(write,           DESCRIPTOR, BLOCKING)         \
    X(pwrite,          DESCRIPTOR, BLOCKING)         \
    X(fsync,           DESCRIPTOR, BLOCKING)         \
    /* names */                                      \
    X(getaddrinfo,     HOST,       BLOCKING)
/* clang-format on */

enum sw_call_id {
#define SW_CALL_ENUM(name, detail, class) SW_CALL_##name,
    SW_CALLS(SW_CALL_ENUM)
#undef SW_CALL_ENUM
        SW_CALL_COUNT
};

enum sw_detail_kind {
    SW_DETAIL_WAIT,       /* the first descriptor, SW_WAIT_DETAIL_COUNT, timeout in ns */
    SW_DETAIL_NONE,       /* nothing to say */
    SW_DETAIL_SECONDS,    /* seconds */
    SW_DETAIL_MICROS,     /* microseconds */
    SW_DETAIL_TIMESPEC,   /* struct timespec *, clock, flags of clock_nanosleep(2) */
    SW_DETAIL_DESCRIPTOR, /* descriptor */
    SW_DETAIL_HOST        /* two C strings: host and service, either NULL */
};

/* Of the second argument of SW_DETAIL_WAIT: how many descriptors, and how often the first has been
 * closed before (SW_CLOSES_COUNT). */
#define SW_WAIT_DETAIL_COUNT(argument)  ((uint32_t)(argument))
#define SW_WAIT_DETAIL_CLOSES(argument) ((uint8_t)((argument) >> 32))

enum sw_call_class { SW_CLASS_WAIT, SW_CLASS_BLOCKING, SW_CLASS_LOCK };

struct sw_call_info {
    const char *name;
    enum sw_detail_kind detail;
    enum sw_call_class class;
};

/* Row `id` of the table. Any thread. */
const struct sw_call_info *sw_call_info(enum sw_call_id id);

#endif
