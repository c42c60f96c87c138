/*
 * Conditions and semaphores, in which threads of pools are parked: see notes/park.h. Any thread;
 * see wrap.h.
 *
 * A semaphore's error is in errno, the others' are results.
 */
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>
#include <time.h>

#include "preload/interpose/wrap.h"
#include "preload/notes/park.h"

#define ON(lock)                  (uintptr_t)(lock), 0, 0
#define UNTIL(lock, clock, limit) (uintptr_t)(lock), (uintptr_t)(limit), (clock)

/* `on`, `with`: what is waited on, and the mutex that goes with it. */
#define PARK(name, parameters, arguments, on, with, read_by, ...)                                  \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        struct sw_call call;                                                                       \
        SW_PARK_BEGIN(call, SW_CALL_##name, (uintptr_t)(on), (uintptr_t)(with), __VA_ARGS__);      \
        int result = SW_NEXT(name) arguments;                                                      \
        call.pointers = read_by;                                                                   \
        SW_PARK_END(call, (uintptr_t)(on), (uintptr_t)(with));                                     \
        return result;                                                                             \
    }

PARK(pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *mutex), (condition, mutex),
     condition, mutex, false, ON(condition))
PARK(pthread_cond_timedwait,
     (pthread_cond_t * condition, pthread_mutex_t *mutex, const struct timespec *limit),
     (condition, mutex, limit), condition, mutex, result == ETIMEDOUT,
     UNTIL(condition, CLOCK_REALTIME, limit))
PARK(pthread_cond_clockwait,
     (pthread_cond_t * condition, pthread_mutex_t *mutex, clockid_t clock,
      const struct timespec *limit),
     (condition, mutex, clock, limit), condition, mutex, result == ETIMEDOUT,
     UNTIL(condition, clock, limit))

PARK(sem_wait, (sem_t * semaphore), (semaphore), semaphore, NULL, false, ON(semaphore))
PARK(sem_timedwait, (sem_t * semaphore, const struct timespec *limit), (semaphore, limit),
     semaphore, NULL, SW_MINUS_ONE(result) == ETIMEDOUT, UNTIL(semaphore, CLOCK_REALTIME, limit))
PARK(sem_clockwait, (sem_t * semaphore, clockid_t clock, const struct timespec *limit),
     (semaphore, clock, limit), semaphore, NULL, SW_MINUS_ONE(result) == ETIMEDOUT,
     UNTIL(semaphore, clock, limit))

PARK(cnd_wait, (cnd_t * condition, mtx_t *mutex), (condition, mutex), condition, mutex, false,
     ON(condition))
PARK(cnd_timedwait, (cnd_t * condition, mtx_t *mutex, const struct timespec *limit),
     (condition, mutex, limit), condition, mutex, result == thrd_timedout,
     UNTIL(condition, CLOCK_REALTIME, limit))
