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
    X(epoll_wait,      EPOLL,      WAIT)             \
    X(epoll_pwait,     EPOLL,      WAIT)             \
    X(epoll_pwait2,    EPOLL,      WAIT)             \
    X(poll,            POLL,       WAIT)             \
    X(ppoll,           POLL,       WAIT)             \
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
    SW_DETAIL_EPOLL,      /* descriptor, timeout in ms */
    SW_DETAIL_POLL,       /* struct pollfd *, how many, timeout in ms */
    SW_DETAIL_SECONDS,    /* seconds */
    SW_DETAIL_MICROS,     /* microseconds */
    SW_DETAIL_TIMESPEC,   /* struct timespec *, clock, flags of clock_nanosleep(2) */
    SW_DETAIL_DESCRIPTOR, /* descriptor */
    SW_DETAIL_HOST        /* two C strings: host and service, either NULL */
};

enum sw_call_class { SW_CLASS_WAIT, SW_CLASS_BLOCKING, SW_CLASS_LOCK };

struct sw_call_info {
    const char *name;
    enum sw_detail_kind detail;
    enum sw_call_class class;
};

/* Row `id` of the table. Any thread. */
const struct sw_call_info *sw_call_info(enum sw_call_id id);

#endif
