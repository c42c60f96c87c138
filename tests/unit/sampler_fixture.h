/*
 * A thread that goes in and out of calls, and is sampled: for the tests of watch/sampler/sampler.c
 * and of what interpose/signals.c has to do with it. The test's first thread is the watchdog.
 * Included once by each test, which is linked with interpose/signals.c.
 */
#ifndef SW_TESTS_SAMPLER_FIXTURE_H
#define SW_TESTS_SAMPLER_FIXTURE_H

#include "preload/watch/sampler/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "notes_fixture.h"
#include "preload/interpose/signals.h"
#include "preload/notes/mask_change.h"
#include "preload/watch/sampler/sampler_slots.h"

#define MARK UINT64_C(0x5741544348444f47)

/* The thread that is sampled, and what it has to say. */
static struct {
    pthread_t thread;
    struct sw_thread *_Atomic record;
    struct sw_stack_bounds bounds;
    _Atomic bool stop;
    _Atomic(volatile uint64_t *) mark; /* on its stack: MARK, plus one while it is inside a call */
    _Atomic unsigned interrupted, calls;
    bool blocks, in_calls;
    sigset_t pending;
} other;

/* Is it worth asking another time? After a moment, where the answer is on its way. */
static UNUSED bool again(int result)
{
    struct timespec moment = {0, 1000000};
    if (result == -EAGAIN)
        nanosleep(&moment, NULL);
    return result == -EAGAIN || result == -EBUSY;
}

/* Outside of any iteration. */
static UNUSED int take(struct sw_thread *thread, const struct sw_stack_bounds *bounds,
                       struct sw_unwind_input *input)
{
    uint64_t ticks;
    return sw_sampler_take(thread, bounds, 0, input, &ticks);
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

/* A wrapped call: a sleep that a signal would end with EINTR, SA_RESTART or not (signal(7)). */
static NOINLINE void call_one(struct sw_thread *record, volatile uint64_t *mark)
{
    struct timespec moment = {0, 1000};
    uint32_t odd = sw_call_open(record);
    *mark = MARK + 1;
    if (sw_kernel3(SYS_nanosleep, (long)&moment, 0, 0) == -EINTR)
        atomic_fetch_add(&other.interrupted, 1);
    *mark = MARK;
    sw_call_close(record, odd);
    atomic_fetch_add(&other.calls, 1);
}

static NOINLINE void compute(unsigned steps)
{
    for (volatile unsigned i = 0; i < steps; i++)
        keep_frame += i;
}

static void *run(void *unused)
{
    volatile uint64_t mark = MARK;
    sigset_t all;
    (void)unused;
    sigfillset(&all);
    if (other.blocks)
        pthread_sigmask(SIG_SETMASK, &all, NULL);
    find_bounds();
    struct sw_thread *record = sw_thread_attach();
    record->in_iteration = 1; /* its calls are noted */
    atomic_store(&other.mark, &mark);
    atomic_store(&other.record, record);
    for (unsigned round = 1; !atomic_load(&other.stop); round++) {
        if (other.in_calls)
            call_one(record, &mark);
        compute(round % 8 == 0 ? 40000 : round % 500);
    }
    sigpending(&other.pending);
    return NULL;
}

static UNUSED void start(void)
{
    ck_assert_int_eq(pthread_create(&other.thread, NULL, run, NULL), 0);
    while (atomic_load(&other.record) == NULL)
        sched_yield();
}

static UNUSED void stop(void)
{
    atomic_store(&other.stop, true);
    pthread_join(other.thread, NULL);
}

static UNUSED void setup(void)
{
    begin_process();
    ck_assert(sw_sampler_start(0));
}

/* Samples until there are `wanted`, in a bounded time; returns how many there were. */
static UNUSED unsigned sample_many(unsigned wanted, struct sw_unwind_input *input)
{
    unsigned got = 0;
    uint64_t end = sw_clock_monotonic_ns() + UINT64_C(10000000000);
    while (got < wanted && sw_clock_monotonic_ns() < end) {
        int result = take(other.record, &other.bounds, input);
        /* -EPERM: the handler, in which all signals are blocked, has answered and not returned. */
        bool later = result == -EBUSY || result == -EPERM;
        ck_assert_msg(result == 0 || result == -EAGAIN || later, "%d", result);
        got += result == 0;
        if (later)
            sched_yield();
    }
    return got;
}

static UNUSED uint64_t mark_in(const struct sw_unwind_input *input)
{
    uint64_t value = 0;
    size_t offset = (size_t)((uint64_t)(uintptr_t)atomic_load(&other.mark) - input->stack_low);
    ck_assert_uint_le(offset + sizeof value, input->stack_size);
    memcpy(&value, (const char *)input->stack + offset, sizeof value);
    return value;
}

#endif
