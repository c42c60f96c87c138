/*
 * What libc keeps in a lock: by which thread it is held. The watchdog reads copies of the program's
 * locks by it; what it returns may be any number and is to be checked.
 */
#ifndef SW_LIBC_LOCKS_H
#define SW_LIBC_LOCKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__GLIBC__)

_Static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0, "the mutex as glibc has it");
#if defined(__x86_64__)
_Static_assert(offsetof(pthread_mutex_t, __data.__owner) == 8 &&
                   offsetof(pthread_mutex_t, __data.__kind) == 16,
               "the mutex as glibc has it");
_Static_assert(offsetof(pthread_rwlock_t, __data.__wrphase_futex) == 8 &&
                   offsetof(pthread_rwlock_t, __data.__writers_futex) == 12 &&
                   offsetof(pthread_rwlock_t, __data.__cur_writer) == 24,
               "the rwlock as glibc has it");
#endif

#define SW_MUTEX_SHARED 128  /* PTHREAD_MUTEX_PSHARED_BIT of glibc's __kind */
#define SW_MUTEX_KINDS  1023 /* all bits that glibc has ever set in it */

/* The thread that holds a mutex; 0: none, or no mutex. *shared: with other processes. */
static inline int sw_libc_mutex_owner(const pthread_mutex_t *mutex, bool *shared)
{
    if (mutex->__data.__lock == 0 || (mutex->__data.__kind & ~SW_MUTEX_KINDS) != 0)
        return 0;
    *shared = (mutex->__data.__kind & SW_MUTEX_SHARED) != 0;
    return mutex->__data.__owner;
}

/* Is it of a kind that pthread_mutex_lock(3) and pthread_mutex_trylock(3) treat alike where it is
 * free? Any thread. */
static inline bool sw_libc_mutex_is_plain(const pthread_mutex_t *mutex)
{
    int kind = mutex->__data.__kind;
    return kind == PTHREAD_MUTEX_TIMED_NP || kind == PTHREAD_MUTEX_RECURSIVE_NP ||
           kind == PTHREAD_MUTEX_ADAPTIVE_NP;
}

/* May other processes take it too (pthread_mutexattr_setpshared(3))? Any thread. */
static inline bool sw_libc_mutex_is_shared(const pthread_mutex_t *mutex)
{
    return (mutex->__data.__kind & SW_MUTEX_SHARED) != 0;
}

/* The thread that has a rwlock for writing; 0: none. */
static inline int sw_libc_rwlock_writer(const pthread_rwlock_t *lock, bool *shared)
{
    *shared = lock->__data.__shared != 0;
    return lock->__data.__cur_writer;
}

#else

/* musl: the type in the first word, the owner in the second, but for the type of mutex that knows
 * no owner; a rwlock has none. */
static inline int sw_libc_mutex_owner(const pthread_mutex_t *mutex, bool *shared)
{
    *shared = (mutex->__u.__i[0] & 128) != 0;
    return (mutex->__u.__i[0] & 15) != 0 ? mutex->__u.__i[1] & 0x3fffffff : 0;
}

static inline bool sw_libc_mutex_is_plain(const pthread_mutex_t *mutex)
{
    return mutex->__u.__i[0] == PTHREAD_MUTEX_NORMAL ||
           mutex->__u.__i[0] == PTHREAD_MUTEX_RECURSIVE;
}

static inline bool sw_libc_mutex_is_shared(const pthread_mutex_t *mutex)
{
    return (mutex->__u.__i[0] & 128) != 0;
}

static inline int sw_libc_rwlock_writer(const pthread_rwlock_t *lock, bool *shared)
{
    (void)lock;
    *shared = false;
    return 0;
}

#endif

#endif
