/*
 * The shape of a wrapper of a call that may block, once, for the many that are alike:
 *
 *     SW_WRAP(int, fsync, fsync, (int fd), (fd), fd, 0, 0)
 *
 * defines fsync(2), noted as SW_CALL_fsync with three arguments. On a thread that owns no loop it
 * is a test and a jump. Forms for calls that have pointers to be followed at their end say how to
 * tell whether the call itself has read them: what it has not may be a bad pointer, which is the
 * kernel's to find (EFAULT), and not ours to load. Any thread; see notes/call.h.
 */
#ifndef SW_INTERPOSE_WRAP_H
#define SW_INTERPOSE_WRAP_H

#include <errno.h>

#include "preload/interpose/next.h"
#include "preload/notes/call.h"

/* Is this a thread, or a time, of which no call is noted? */
#define SW_CALL_UNNOTED()                                                                          \
    ({                                                                                             \
        const struct sw_thread *unnoted_ = sw_thread_self;                                         \
        SW_LIKELY(unnoted_ == NULL || !unnoted_->in_iteration);                                    \
    })

/* Which error a call has ended with, 0: none; by how it says so. */
#define SW_NO_ERROR(result)     ((void)(result), 0)
#define SW_MINUS_ONE(result)    ((result) == -1 ? errno : 0)
#define SW_NULL_RESULT(result)  ((result) == NULL ? errno : 0)
#define SW_ERROR_ITSELF(result) (result)

/* Has a call that ended with this error read the names or the address that it was given? Those that
 * the kernel finds only after it has (path_resolution(7), connect(2)); any other: not known. */
static inline bool sw_error_after_reading(int error)
{
    switch (error) {
    case 0:
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EEXIST:
    case EISDIR:
    case ELOOP:
    case ENOTEMPTY:
    case EXDEV:
    case EROFS:
    case ENOSPC:
    case EIO:
    case ESTALE:
    case ENXIO:
    case ENODATA:
    case ETXTBSY:
    case EINTR:
    case EAGAIN:
    case EINPROGRESS:
    case ECONNREFUSED:
    case ECONNRESET:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

/* The same for a single name: one that is too long has been read as far as it is kept. */
static inline bool sw_error_after_reading_one(int error)
{
    return error == ENAMETOOLONG || sw_error_after_reading(error);
}

/* Is no call to be noted now, on this thread: it is in no iteration, or inside a call? */
#define SW_CALL_UNNOTED_BY(thread)                                                                 \
    (SW_LIKELY((thread) == NULL || !(thread)->in_iteration) ||                                     \
     (SW_UNLIKELY(atomic_load_explicit(&(thread)->sequence, memory_order_relaxed) & 1) &&          \
      !(bool)SW_KEPT_CALL(sw_call_discard_kept, sw_call_discard, (thread),                         \
                          (uint64_t)(uintptr_t)__builtin_dwarf_cfa())))

/* Notes what the call is, and enters it: the number that it has. */
#define SW_CALL_NOTE(thread, id, ...) SW_CALL_NOTE_THREE(thread, id, __VA_ARGS__)
#define SW_CALL_NOTE_THREE(thread, id, a, b, c)                                                    \
    ({                                                                                             \
        sw_call_say((thread), (id), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c));                  \
        SW_CALL_ENTER(thread);                                                                     \
    })

#define SW_WRAP_FULL(type, name, as, parameters, arguments, read_by, ...)                          \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT type name parameters                                                                 \
    {                                                                                              \
        struct sw_thread *noting = sw_thread_self;                                                 \
        if (SW_CALL_UNNOTED_BY(noting))                                                            \
            return SW_NEXT(name) arguments;                                                        \
        uint32_t noted = SW_CALL_NOTE(noting, SW_CALL_##as, __VA_ARGS__);                          \
        type result = SW_NEXT(name) arguments;                                                     \
        return (type)sw_call_over((long)result, noting, noted, read_by);                           \
    }

/* A call whose arguments are kept as they are. */
#define SW_WRAP(type, name, as, parameters, arguments, ...)                                        \
    SW_WRAP_FULL(type, name, as, parameters, arguments, false, __VA_ARGS__)

/* A call with names or an address; `error` is one of the forms above. */
#define SW_WRAP_READS(error, type, name, as, parameters, arguments, ...)                           \
    SW_WRAP_FULL(type, name, as, parameters, arguments, sw_error_after_reading(error(result)),     \
                 __VA_ARGS__)

/* A call with one name. */
#define SW_WRAP_READS_ONE(error, type, name, as, parameters, arguments, ...)                       \
    SW_WRAP_FULL(type, name, as, parameters, arguments, sw_error_after_reading_one(error(result)), \
                 __VA_ARGS__)

/* A call with a time up to which it waits: it has surely read that one only if it came. */
#define SW_WRAP_LIMITED(error, type, name, as, parameters, arguments, ...)                         \
    SW_WRAP_FULL(type, name, as, parameters, arguments, error(result) == ETIMEDOUT, __VA_ARGS__)

#endif
