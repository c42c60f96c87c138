/*
 * Locks of files, and semaphores of System V, which servers take turns under: see notes/turn.h. Any
 * thread; see wrap.h.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

#include "preload/interpose/wrap.h"
#include "preload/notes/park.h"
#include "preload/notes/turn.h"

/* Makes the call, noted as parking where it takes its turn, and then notes what became of it. */
#define TURN_CALL(call_id, what, lock, id, real)                                                   \
    ({                                                                                             \
        struct sw_call call;                                                                       \
        enum sw_turn turn_ = (what);                                                               \
        bool parks_ = turn_ == SW_TURN_TAKES && sw_turn_is_at(lock);                               \
        if (SW_UNLIKELY(parks_))                                                                   \
            SW_PARK_BEGIN_TURN(call, (call_id), (lock), (id));                                     \
        else                                                                                       \
            SW_CALL_BEGIN(call, (call_id), (id), 0, 0);                                            \
        int done_ = (real);                                                                        \
        if (SW_UNLIKELY(parks_) && call.thread != NULL)                                            \
            sw_park_end(&call);                                                                    \
        else                                                                                       \
            SW_CALL_END(call);                                                                     \
        if (done_ == 0)                                                                            \
            sw_turn_note(turn_, (lock));                                                           \
        done_;                                                                                     \
    })

SW_NEXT_DEFINE_COLD(flock);

SW_EXPORT int flock(int fd, int operation)
{
    enum sw_turn what = operation & LOCK_UN ? SW_TURN_GIVES : SW_TURN_TAKES;
    return TURN_CALL(SW_CALL_flock, what, sw_turn_lock(fd, 0), fd, SW_NEXT(flock)(fd, operation));
}

static enum sw_turn what_lockf_does(int command)
{
    switch (command) {
    case F_LOCK:
    case F_TLOCK:
        return SW_TURN_TAKES;
    case F_ULOCK:
        return SW_TURN_GIVES;
    default:
        return SW_TURN_NEITHER;
    }
}

#define LOCKF_WRAPPER(name, offset)                                                                \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name(int fd, int command, offset size)                                           \
    {                                                                                              \
        return TURN_CALL(SW_CALL_lockf, what_lockf_does(command), sw_turn_lock(fd, 0), fd,         \
                         SW_NEXT(name)(fd, command, size));                                        \
    }

LOCKF_WRAPPER(lockf, off_t)
LOCKF_WRAPPER(lockf64, off64_t)

/* Of fcntl(2) only waiting for a lock blocks. Its third argument is of the size of a pointer at
 * most, whatever it is, as libc's own fcntl takes it. */
int __fcntl(int fd, int command, ...);

static enum sw_turn what_fcntl_does(const struct flock *lock, uint64_t *part)
{
    *part = 0;
    if (!sw_wait_readable(lock, sizeof *lock))
        return SW_TURN_NEITHER;
    *part = (uint64_t)lock->l_start;
    return lock->l_type == F_UNLCK ? SW_TURN_GIVES : SW_TURN_TAKES;
}

/* What does not wait is not noted, but for its turn. */
static int note_attempt(int fd, int command, const struct flock *lock, int result)
{
    uint64_t part;
    if (result == 0 && (command == F_SETLK || command == F_OFD_SETLK)) {
        enum sw_turn what = what_fcntl_does(lock, &part);
        sw_turn_note(what, sw_turn_lock(fd, part));
    }
    return result;
}

#define FCNTL_WRAPPER(name)                                                                        \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name(int fd, int command, ...)                                                   \
    {                                                                                              \
        uint64_t part;                                                                             \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        if (SW_LIKELY(command != F_SETLKW && command != F_OFD_SETLKW))                             \
            return note_attempt(fd, command, argument, SW_NEXT(name)(fd, command, argument));      \
        enum sw_turn what = what_fcntl_does(argument, &part);                                      \
        return TURN_CALL(SW_CALL_fcntl, what, sw_turn_lock(fd, part), fd,                          \
                         SW_NEXT(name)(fd, command, argument));                                    \
    }

FCNTL_WRAPPER(fcntl)
FCNTL_WRAPPER(fcntl64)
FCNTL_WRAPPER(__fcntl)

/* Several at once are no lock that is taken or given back. */
static enum sw_turn what_semop_does(const struct sembuf *operations, size_t count, uint64_t *part)
{
    *part = 0;
    if (count != 1 || !sw_wait_readable(operations, sizeof *operations))
        return SW_TURN_NEITHER;
    *part = operations->sem_num;
    return operations->sem_op < 0   ? SW_TURN_TAKES
           : operations->sem_op > 0 ? SW_TURN_GIVES
                                    : SW_TURN_NEITHER;
}

SW_NEXT_DEFINE_COLD(semop);

SW_EXPORT int semop(int set, struct sembuf *operations, size_t count)
{
    uint64_t part;
    enum sw_turn what = what_semop_does(operations, count, &part);
    return TURN_CALL(SW_CALL_semop, what, sw_turn_lock(set, part), set,
                     SW_NEXT(semop)(set, operations, count));
}
