/* See pace.h. */
#include "preload/watch/pace.h"

#include "preload/notes/clock.h"
#include "preload/notes/process.h"

#define LONGEST_STEP_NS UINT64_C(100000000)

static uint64_t ticks_at_age(const struct sw_watch *watch, uint64_t age_ns)
{
    return watch->began + sw_clock_ns_to_ticks(age_ns);
}

uint64_t sw_pace_busy(const struct sw_watch *watch, uint64_t now)
{
    uint64_t age_ns = now > watch->began ? sw_clock_ticks_to_ns(now - watch->began) : 0;
    uint64_t threshold = sw_process_settings.threshold_ns;
    if (age_ns < threshold / 4)
        return ticks_at_age(watch, threshold / 4);
    uint64_t step = age_ns / 20;
    if (step < threshold / 8)
        step = threshold / 8;
    if (step > LONGEST_STEP_NS)
        step = LONGEST_STEP_NS;
    uint64_t next = age_ns + step;
    if (!watch->dropped && watch->next_sample_ns > age_ns && watch->next_sample_ns < next)
        next = watch->next_sample_ns;
    if (age_ns < threshold && threshold < next)
        next = threshold;
    if (watch->next_ongoing_ns > age_ns && watch->next_ongoing_ns < next)
        next = watch->next_ongoing_ns;
    return ticks_at_age(watch, next);
}

struct sw_look sw_pace_idle(const struct sw_thread *thread, struct sw_watch *watch,
                            const struct sw_loop *loop, uint64_t iteration, uint64_t now)
{
    uint64_t quarter = sw_clock_ns_to_ticks(sw_process_settings.threshold_ns / 4);
    /* A wait that is old already is as good as one seen twice: a loop that turns a few times a
     * second costs one wake-up a turn. */
    bool same = watch->idle_loop == loop && watch->idle_iteration == iteration;
    bool rested = loop == NULL || same || now >= thread->note.entered + quarter / 2;
    watch->idle_loop = loop;
    watch->idle_iteration = iteration;
    if (!rested)
        return (struct sw_look){false, now + quarter};
    if (loop == NULL || loop->wait_timeout_ns < 0)
        return (struct sw_look){true, UINT64_MAX};
    return (struct sw_look){true, thread->note.entered +
                                      sw_clock_ns_to_ticks((uint64_t)loop->wait_timeout_ns) +
                                      quarter};
}
