/*
 * prctl(2), of which only the way to confine oneself is of interest: see confinement.h. Any thread.
 *
 * Defined with all its arguments named, which for a caller is the same (see raw_calls.c).
 */
#include "preload/interpose/confinement.h"

#include "preload/interpose/next.h"

SW_NEXT_DEFINE_COLD(prctl);

#define PARAMETERS int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d

SW_EXPORT int wrapped_prctl(PARAMETERS) __asm__("prctl");
SW_EXPORT int wrapped_prctl(PARAMETERS)
{
    sw_confinement_by_prctl(option, (long)a, (long)b);
    return SW_NEXT(prctl)(option, a, b, c, d);
}
