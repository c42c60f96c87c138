/* See jobs.h. */
#include "preload/watch/whose/jobs.h"

#include "preload/stack/flow.h"
#include "preload/stack/modules.h"
#include "preload/watch/samples/common_frames.h"
#include "preload/watch/whose/returned.h"

#define MOST_CALLS 16 /* before the one in question that are asked */

/* Does the call wait until somebody gives the thread something to do? */
static bool waits_for_somebody(const struct sw_sample *sample)
{
    if (sample->sequence == 0)
        return false;
    switch (sample->call_id) {
    case SW_CALL_pthread_cond_wait:
    case SW_CALL_pthread_cond_timedwait:
    case SW_CALL_pthread_cond_clockwait:
    case SW_CALL_cnd_wait:
    case SW_CALL_cnd_timedwait:
    case SW_CALL_sem_wait:
    case SW_CALL_sem_timedwait:
    case SW_CALL_sem_clockwait:
    case SW_CALL_futex:
    case SW_CALL_semop:
    case SW_CALL_msgrcv:
    case SW_CALL_mq_receive:
    case SW_CALL_mq_timedreceive:
    case SW_CALL_accept:
    case SW_CALL_accept4:
    case SW_CALL_recv:
    case SW_CALL_recvfrom:
    case SW_CALL_recvmsg:
    case SW_CALL_read:
    case SW_CALL_fgets:
    case SW_CALL_getline:
    case SW_CALL_sigwait:
    case SW_CALL_sigwaitinfo:
        return true;
    default:
        return sw_call_info(sample->call_id)->class == SW_CLASS_WAIT;
    }
}

static bool says_its_callees(const struct sw_unwind_stack *stack, unsigned outermost)
{
    for (unsigned i = 1; i <= outermost; i++)
        if (!sw_modules_is_own(stack->frame[i - 1].ip) &&
            !sw_flow_names_callee(stack->frame[i].ip, stack->frame[i - 1].function))
            return false;
    return true;
}

/* Does F make call `before` each time before it comes to the loop, which goes in a circle without
 * it, and again after that? (What it does once at its beginning says nothing.) */
static bool is_outside(uint64_t before, uint64_t loop, bool works)
{
    return sw_flow_comes_before(loop, before) == SW_FLOW_NO &&
           sw_flow_reaches(loop, before) == SW_FLOW_YES &&
           sw_flow_turns_without(loop, before, works) == SW_FLOW_YES;
}

/* Does F come to its call `now` before the loop, and outside of its circle? Of a circle that is F's
 * own, one of the calls on the way says so (the queue's lock): `now` itself is not made where a job
 * is there already. */
static bool takes_jobs(const struct sw_unwind_stack *base, unsigned in_base, uint64_t now)
{
    uint64_t loop = base->frame[in_base].ip, calls[MOST_CALLS];
    enum sw_returned_inside inside = sw_returned_inside(base, in_base);
    if (inside == SW_RETURNED_TURNS)
        return sw_flow_comes_before(now, loop) == SW_FLOW_YES ||
               sw_flow_comes_before(loop, now) == SW_FLOW_NO;
    if (is_outside(now, loop, inside == SW_RETURNED_WORKS))
        return true;
    unsigned count = sw_flow_calls_before(now, loop, calls, MOST_CALLS);
    for (unsigned i = 0; i < count; i++)
        if (is_outside(calls[i], loop, inside == SW_RETURNED_WORKS))
            return true;
    return false;
}

bool sw_jobs_between(struct sw_watch *watch, const struct sw_sample *sample,
                     const struct sw_unwind_stack *base)
{
    const struct sw_unwind_stack *stack = &sample->stack;
    unsigned i = 0, j = 0;
    if (!sw_returned_comparable(stack, base) || !sw_common_frames(stack, base, &i, &j) ||
        sw_modules_is_own(stack->frame[i].ip))
        return false;
    uint64_t now = stack->frame[i].ip, loop = base->frame[j].ip;
    if (now == loop || sw_flow_reaches(now, loop) != SW_FLOW_YES)
        return false;
    if (watch->job_loop == loop && watch->job_cfa == base->frame[j].cfa)
        return true;
    if (!waits_for_somebody(sample) || !says_its_callees(stack, i) || !takes_jobs(base, j, now))
        return false;
    watch->job_loop = loop;
    watch->job_cfa = base->frame[j].cfa;
    return true;
}
