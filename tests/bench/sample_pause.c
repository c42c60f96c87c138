/*
 * For how long one sample holds up the thread that is sampled, for stacks of several sizes: the
 * longest gap between two reads of the clock that the thread sees while it is asked once.
 *
 * Called by `make bench`. The sampler itself is linked in; the program's first thread is the
 * watchdog. The thread spins over its clock, so what the kernel and the other programs do to it is
 * in the gaps as well: medians of many. Prints the size in KiB, median and quartiles in ns, for
 * each.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/notes/thread.h"
#include "preload/watch/sampler/sampler.h"

enum { SAMPLES = 400, SIZES = 3 };

static const size_t sizes[SIZES] = {4096, 64 * 1024, 256 * 1024};

static struct {
    struct sw_thread *_Atomic record;
    struct sw_stack_bounds bounds;
    _Atomic uint64_t longest; /* ticks */
    _Atomic bool stop;
    size_t depth;
} other;

static void nothing(void)
{
}

static __attribute__((noinline)) void spin(void)
{
    uint64_t last = sw_clock_ticks();
    while (!atomic_load_explicit(&other.stop, memory_order_relaxed)) {
        uint64_t now = sw_clock_ticks();
        if (now - last > atomic_load_explicit(&other.longest, memory_order_relaxed))
            atomic_store_explicit(&other.longest, now - last, memory_order_relaxed);
        last = now;
    }
}

static void find_bounds(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    other.bounds.low = (uint64_t)(uintptr_t)low;
    other.bounds.high = other.bounds.low + size;
}

/* With so much of its stack in use that the copy has the size wanted. */
static void *run(void *unused)
{
    (void)unused;
    find_bounds();
    uint64_t here = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    size_t used = (size_t)(other.bounds.high - here);
    volatile char *room = __builtin_alloca(other.depth > used ? other.depth - used : 1);
    room[0] = 1;
    struct sw_thread *record = sw_thread_attach();
    record->in_iteration = 1; /* only a thread whose calls are noted is sampled */
    atomic_store(&other.record, record);
    spin();
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sample_once(void)
{
    struct sw_unwind_input input;
    uint64_t ticks;
    for (;;) {
        struct timespec moment = {0, 100000};
        nanosleep(&moment, NULL);
        atomic_store(&other.longest, 0);
        if (sw_sampler_take(other.record, &other.bounds, 0, &input, &ticks) == 0)
            break;
    }
    sched_yield();
    return (double)sw_clock_ticks_to_ns(atomic_load(&other.longest));
}

static void measure(size_t size)
{
    static double gap[SAMPLES];
    pthread_t thread;
    other.depth = size;
    atomic_store(&other.stop, false);
    atomic_store(&other.record, NULL);
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        exit(1);
    while (atomic_load(&other.record) == NULL)
        sched_yield();
    for (int i = 0; i < SAMPLES; i++)
        gap[i] = sample_once();
    atomic_store(&other.stop, true);
    pthread_join(thread, NULL);
    qsort(gap, SAMPLES, sizeof *gap, compare);
    printf("%zu %f %f %f\n", size / 1024, gap[SAMPLES / 2], gap[SAMPLES / 4], gap[SAMPLES * 3 / 4]);
}

int main(void)
{
    char *environment[] = {NULL};
    sw_process_watch = nothing;
    sw_process_wake = nothing;
    sw_process_birth(environment);
    if (!sw_process_start() || !sw_sampler_start(0))
        return 1;
    sw_clock_refine();
    for (int i = 0; i < SIZES; i++)
        measure(sizes[i]);
    return 0;
}
