/* See jobs.h. */
#include "preload/watch/whose/jobs.h"

#include "preload/stack/flow.h"
#include "preload/stack/modules.h"
#include "preload/watch/samples/common_frames.h"
#include "preload/watch/whose/returned.h"

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

static bool is_own(const struct sw_unwind_frame *frame)
{
    struct sw_module *module = sw_modules_find(frame->ip);
    return module != NULL && module->own;
}

static bool says_its_callees(const struct sw_unwind_stack *stack, unsigned outermost)
{
    for (unsigned i = 0; i <= outermost; i++)
        if (!is_own(&stack->frame[i]) && !sw_flow_names_callee(stack->frame[i].ip))
            return false;
    return true;
}

/* Does the loop go in a circle that does not lead by F's call `now`? */
static bool turns_without(const struct sw_unwind_stack *base, unsigned in_base, uint64_t now)
{
    enum sw_returned_inside inside = sw_returned_inside(base, in_base);
    return inside == SW_RETURNED_TURNS ||
           sw_flow_turns_without(base->frame[in_base].ip, now, inside == SW_RETURNED_WORKS) ==
               SW_FLOW_YES;
}

bool sw_jobs_between(struct sw_watch *watch, const struct sw_sample *sample,
                     const struct sw_unwind_stack *base)
{
    const struct sw_unwind_stack *stack = &sample->stack;
    unsigned i = 0, j = 0;
    if (!sw_returned_comparable(stack, base) || !sw_common_frames(stack, base, &i, &j) ||
        is_own(&stack->frame[i]))
        return false;
    uint64_t now = stack->frame[i].ip, loop = base->frame[j].ip;
    if (now == loop || sw_flow_reaches(now, loop) != SW_FLOW_YES)
        return false;
    if (watch->job_loop == loop && watch->job_cfa == base->frame[j].cfa)
        return true;
    if (!waits_for_somebody(sample) || !says_its_callees(stack, i) ||
        sw_flow_comes_before(loop, now) != SW_FLOW_NO || !turns_without(base, j, now))
        return false;
    watch->job_loop = loop;
    watch->job_cfa = base->frame[j].cfa;
    return true;
}
