/* The sleep family. Any thread; see notes/call.h. Cancellation points: nothing is held across the
 * real call. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/notes/call.h"

SW_NEXT_DEFINE(sleep);
SW_NEXT_DEFINE(usleep);
SW_NEXT_DEFINE(nanosleep);
SW_NEXT_DEFINE(clock_nanosleep);

SW_EXPORT unsigned int sleep(unsigned int seconds)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_sleep, seconds, 0, 0);
    unsigned int left = SW_NEXT(sleep)(seconds);
    SW_CALL_END(call);
    return left;
}

SW_EXPORT int usleep(useconds_t microseconds)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_usleep, microseconds, 0, 0);
    int result = SW_NEXT(usleep)(microseconds);
    SW_CALL_END(call);
    return result;
}

SW_EXPORT int nanosleep(const struct timespec *asked, struct timespec *left)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_nanosleep, (uintptr_t)asked, CLOCK_MONOTONIC, 0);
    int result = SW_NEXT(nanosleep)(asked, left);
    call.pointers = result == 0 || errno != EFAULT;
    SW_CALL_END(call);
    return result;
}

SW_EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *asked,
                              struct timespec *left)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_clock_nanosleep, (uintptr_t)asked, clock, flags);
    int result = SW_NEXT(clock_nanosleep)(clock, flags, asked, left);
    call.pointers = result != EFAULT;
    SW_CALL_END(call);
    return result;
}
