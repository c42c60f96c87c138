/*
 * Choosing and calibrating the clock. See clock.h. The scale is a 32.32 fixed-point number of
 * nanoseconds a tick, taken over the time since the library was loaded, so it gets truer the longer
 * the program runs.
 */
#include "preload/notes/clock.h"

#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "common/start.h"
#include "preload/libc/loader.h"

#define SHORTEST_BASE_NS UINT64_C(2000000) /* 50 ns of doubt in 2 ms are 25 ppm */
#define CLOSE_NS         1000
#define WORTH_PART       8
#define WORTH_NS         UINT64_C(1000000000)

bool sw_clock_is_tsc;

static int (*libc_clock_gettime)(clockid_t, struct timespec *);
static uint64_t birth_tsc SW_AT_START, birth_ns SW_AT_START;
static uint64_t refined_tsc SW_AT_START;   /* when the scale was last taken */
static uint64_t scale = UINT64_C(1) << 32; /* ns a tick, 32.32 */

static uint64_t kernel_clock_ns(clockid_t clock)
{
    struct timespec now = {0, 0};
    sw_kernel3(SYS_clock_gettime, clock, (long)&now, 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t sw_clock_monotonic_ns(void)
{
    return kernel_clock_ns(CLOCK_MONOTONIC);
}

uint64_t sw_clock_realtime_ns(void)
{
    return kernel_clock_ns(CLOCK_REALTIME);
}

uint64_t sw_clock_fallback_ticks(void)
{
    if (libc_clock_gettime == NULL)
        return sw_clock_monotonic_ns();
    struct timespec now;
    libc_clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static uint64_t read_tsc(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return 0;
#endif
}

/* The TSC and the time at one moment: the read of the TSC stands between two of the clock that lie
 * close together; if they do not, the closest of a few tries, since a preemption between them would
 * spoil the scale. */
static void read_pair(uint64_t *tsc, uint64_t *ns)
{
    uint64_t best = UINT64_MAX;
    for (int try = 0; try < 3 && best > CLOSE_NS; try++) {
        uint64_t before = sw_clock_monotonic_ns();
        uint64_t middle = read_tsc();
        uint64_t after = sw_clock_monotonic_ns();
        if (after - before < best) {
            best = after - before;
            *tsc = middle;
            *ns = before + (after - before) / 2;
        }
    }
}

void sw_clock_note_birth(void)
{
    read_pair(&birth_tsc, &birth_ns);
    refined_tsc = birth_tsc;
}

/* Elsewhere the vDSO reads the processor's counter, which all kernels let it. */
static bool kernel_uses_tsc(void)
{
#if !defined(__x86_64__)
    return false;
#endif
    char name[32];
    long length = sw_kernel_slurp(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", name, sizeof name);
    return length == 4 && memcmp(name, "tsc\n", 4) == 0;
}

static void take_scale(void)
{
    uint64_t tsc = 0, ns = 0;
    read_pair(&tsc, &ns);
    if (tsc > birth_tsc && ns > birth_ns)
        scale = (uint64_t)(((unsigned __int128)(ns - birth_ns) << 32) / (tsc - birth_tsc));
    refined_tsc = tsc;
}

void sw_clock_choose(void)
{
    if (birth_ns == 0)
        sw_clock_note_birth();
    sw_clock_is_tsc = kernel_uses_tsc();
    if (sw_clock_is_tsc)
        return;
    void *libc = sw_loader_libc();
    if (libc != NULL)
        libc_clock_gettime = (int (*)(clockid_t, struct timespec *))(uintptr_t)sw_loader_symbol(
            libc, "clock_gettime");
}

/* A base that is longer by a small part changes nothing that can be seen; but a machine that was
 * moved is noticed within a second. */
static bool is_worth_refining(void)
{
    uint64_t since = read_tsc() - refined_tsc;
    return since >= (refined_tsc - birth_tsc) / WORTH_PART ||
           since >= sw_clock_ns_to_ticks(WORTH_NS);
}

void sw_clock_refine(void)
{
    if (!sw_clock_is_tsc || !is_worth_refining())
        return;
    uint64_t age_ns = sw_clock_monotonic_ns() - birth_ns;
    if (age_ns < SHORTEST_BASE_NS) {
        struct timespec rest = {0, (long)(SHORTEST_BASE_NS - age_ns)};
        sw_kernel3(SYS_nanosleep, (long)&rest, 0, 0);
    }
    take_scale();
}

uint64_t sw_clock_ticks_to_ns(uint64_t ticks)
{
    if (!sw_clock_is_tsc)
        return ticks;
    return (uint64_t)(((unsigned __int128)ticks * scale) >> 32);
}

uint64_t sw_clock_ns_to_ticks(uint64_t ns)
{
    if (!sw_clock_is_tsc)
        return ns;
    return (uint64_t)(((unsigned __int128)ns << 32) / scale);
}

uint64_t sw_clock_monotonic_at(uint64_t ticks)
{
    if (!sw_clock_is_tsc)
        return ticks;
    if (ticks < birth_tsc)
        return birth_ns - sw_clock_ticks_to_ns(birth_tsc - ticks);
    return birth_ns + sw_clock_ticks_to_ns(ticks - birth_tsc);
}
