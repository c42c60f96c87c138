/*
 * Locks and threads that are waited for. Any thread; see wrap.h. These run everywhere: in
 * allocators, while libraries are loaded, in signal handlers.
 *
 * A free mutex of a usual kind is taken without being noted. Any other is taken by the real
 * function whether it is free or not: trying first would mean something else for some kinds
 * (pthread_mutexattr_settype(3)). What an allocator may hold while another thread loads a library
 * is looked up at the start: dlsym(3) takes the loader's lock.
 */
#include <pthread.h>
#include <threads.h>
#include <time.h>

#include "preload/interpose/wrap.h"
#include "preload/libc/locks.h"
#include "preload/notes/park.h"

/* For programs linked long ago. */
int __pthread_mutex_lock(pthread_mutex_t *mutex);
int __pthread_rwlock_rdlock(pthread_rwlock_t *lock);
int __pthread_rwlock_wrlock(pthread_rwlock_t *lock);

#define ON(lock) (uintptr_t)(lock), 0, 0
/* Until a time of a clock; the real-time one where the function has none. */
#define UNTIL(lock, clock, limit) (uintptr_t)(lock), (uintptr_t)(limit), (clock)

#define NEAR                                                                                       \
    ((uintptr_t)65536) /* two functions of one family in one library are not farther apart */

#define WRAP(...)         SW_WRAP(int, __VA_ARGS__)
#define WRAP_LIMITED(...) SW_WRAP_LIMITED(SW_ERROR_ITSELF, int, __VA_ARGS__)

SW_NEXT_DEFINE_COLD(pthread_mutex_lock);
SW_NEXT_DEFINE_COLD(pthread_mutex_trylock);

/* May a free mutex be taken by trylock as well: is it of a kind that both treat alike, and are both
 * functions the same library's? (Another one between us and libc may count locks.) */
static inline bool may_try(const pthread_mutex_t *mutex)
{
    uintptr_t lock = (uintptr_t)next_pthread_mutex_lock,
              try = (uintptr_t)next_pthread_mutex_trylock;
    return sw_libc_mutex_is_plain(mutex) && lock - try + NEAR < 2 * NEAR;
}

SW_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    struct sw_thread *noting = sw_thread_self;
    if (SW_CALL_UNNOTED_BY(noting))
        return SW_NEXT(pthread_mutex_lock)(mutex);
    noting->last_mutex = (uint64_t)(uintptr_t)mutex;
    /* The lock of a scheduler that this thread parks in may say that a callback has returned. */
    if (SW_UNLIKELY(noting->turn_lock == (uint64_t)(uintptr_t)mutex))
        sw_park_turn(noting, (uint64_t)(uintptr_t)__builtin_dwarf_cfa());
    /* Most are free, and then there is nothing to be timed. */
    if (SW_LIKELY(may_try(mutex))) {
        int result = ((type_of_pthread_mutex_trylock *)next_pthread_mutex_trylock)(mutex);
        if (SW_LIKELY(result != EBUSY))
            return result;
    }
    if (SW_UNLIKELY(sw_libc_mutex_is_shared(mutex))) {
        struct sw_call call;
        SW_PARK_BEGIN_BETWEEN(call, SW_CALL_pthread_mutex_lock, mutex);
        int result = SW_NEXT(pthread_mutex_lock)(mutex);
        call.pointers = false;
        if (call.thread != NULL)
            sw_park_end(&call);
        return result;
    }
    uint32_t noted = SW_CALL_NOTE(noting, SW_CALL_pthread_mutex_lock, ON(mutex));
    int result = SW_NEXT(pthread_mutex_lock)(mutex);
    return (int)sw_call_over(result, noting, noted, false);
}

WRAP(__pthread_mutex_lock, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex), ON(mutex))
WRAP_LIMITED(pthread_mutex_timedlock, pthread_mutex_timedlock,
             (pthread_mutex_t * mutex, const struct timespec *limit), (mutex, limit),
             UNTIL(mutex, CLOCK_REALTIME, limit))
WRAP_LIMITED(pthread_mutex_clocklock, pthread_mutex_clocklock,
             (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *limit),
             (mutex, clock, limit), UNTIL(mutex, clock, limit))

WRAP(pthread_rwlock_rdlock, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock), ON(lock))
WRAP(__pthread_rwlock_rdlock, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock), ON(lock))
WRAP_LIMITED(pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock,
             (pthread_rwlock_t * lock, const struct timespec *limit), (lock, limit),
             UNTIL(lock, CLOCK_REALTIME, limit))
WRAP_LIMITED(pthread_rwlock_clockrdlock, pthread_rwlock_clockrdlock,
             (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *limit),
             (lock, clock, limit), UNTIL(lock, clock, limit))
WRAP(pthread_rwlock_wrlock, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock), ON(lock))
WRAP(__pthread_rwlock_wrlock, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock), ON(lock))
WRAP_LIMITED(pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock,
             (pthread_rwlock_t * lock, const struct timespec *limit), (lock, limit),
             UNTIL(lock, CLOCK_REALTIME, limit))
WRAP_LIMITED(pthread_rwlock_clockwrlock, pthread_rwlock_clockwrlock,
             (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *limit),
             (lock, clock, limit), UNTIL(lock, clock, limit))

WRAP(pthread_barrier_wait, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier),
     ON(barrier))

WRAP(pthread_join, pthread_join, (pthread_t thread, void **value), (thread, value), ON(thread))
WRAP_LIMITED(pthread_timedjoin_np, pthread_timedjoin_np,
             (pthread_t thread, void **value, const struct timespec *limit), (thread, value, limit),
             UNTIL(thread, CLOCK_REALTIME, limit))
WRAP_LIMITED(pthread_clockjoin_np, pthread_clockjoin_np,
             (pthread_t thread, void **value, clockid_t clock, const struct timespec *limit),
             (thread, value, clock, limit), UNTIL(thread, clock, limit))

/* C11. */
WRAP(mtx_lock, mtx_lock, (mtx_t * mutex), (mutex), ON(mutex))
SW_WRAP_FULL(int, mtx_timedlock, mtx_timedlock, (mtx_t * mutex, const struct timespec *limit),
             (mutex, limit), result == thrd_timedout, UNTIL(mutex, CLOCK_REALTIME, limit))
WRAP(thrd_join, thrd_join, (thrd_t thread, int *value), (thread, value), ON(thread))

__attribute__((constructor)) static void find_early(void)
{
    SW_NEXT_FIND_EARLY(pthread_mutex_lock);
    SW_NEXT_FIND_EARLY(pthread_mutex_trylock);
    SW_NEXT_FIND_EARLY(pthread_rwlock_rdlock);
    SW_NEXT_FIND_EARLY(pthread_rwlock_wrlock);
}
