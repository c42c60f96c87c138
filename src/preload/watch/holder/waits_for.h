/*
 * What a blocked thread waits for, as far as memory and the kernel tell: the owner of a lock, the
 * end of a thread, the end of a process, what is behind a descriptor.
 *
 * glibc keeps the owner's thread id in a mutex (__data.__owner) and the writer's in a rwlock
 * (__data.__cur_writer); a futex with priority inheritance has it in its word (futex(2)). All of it
 * is the program's memory, so it may be gone or lie: what is no living thread is nobody. Watchdog
 * thread.
 */
#ifndef SW_WATCH_WAITS_FOR_H
#define SW_WATCH_WAITS_FOR_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/watch/kernel/account.h"

enum sw_waits_for_kind {
    SW_WAITS_FOR_NOTHING, /* known, that is */
    SW_WAITS_FOR_MUTEX,
    SW_WAITS_FOR_RWLOCK,
    SW_WAITS_FOR_TURN,      /* of a language's threads: its lock */
    SW_WAITS_FOR_THREAD,    /* its end */
    SW_WAITS_FOR_PROCESS,   /* a child's end */
    SW_WAITS_FOR_CHILDREN,  /* the end of any child */
    SW_WAITS_FOR_EVENTS,    /* of an epoll's set */
    SW_WAITS_FOR_DESCRIPTOR /* what the other side of it does */
};

struct sw_waits_for {
    enum sw_waits_for_kind kind;
    uint64_t address; /* of the lock */
    int tid;          /* the thread, the process; 0: not known */
    bool shared;      /* between processes: `tid` may be another's */
    int fd;
};

/* `call` is the wrapped call that the thread is in and `argument` what it was given; NULL: none.
 * `view` is what the kernel says of the thread at that moment. */
void sw_waits_for(const char *call, const uint64_t argument[3], const struct sw_syscall_view *view,
                  struct sw_waits_for *answer);
/* The thread that has the mutex or the rwlock (for writing) at `address`; 0: not known. Whether
 * there is such a thread is not asked. */
int sw_waits_for_mutex_owner(uint64_t address, bool *shared);
int sw_waits_for_rwlock_writer(uint64_t address, bool *shared);

#endif
