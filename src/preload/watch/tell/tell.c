/* See tell.h. */
#include "preload/watch/tell/tell.h"

#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/tell/compose.h"
#include "preload/watch/tell/pending.h"
#include "preload/watch/tell/publish.h"

#define DUE_APART_NS UINT64_C(100000000)

static uint64_t last_due_ticks;

/* Composed, and under the id and the number that an earlier record of the same stall had. */
static void compose(const struct sw_iteration_end *end, struct sw_stall *stall,
                    struct sw_stacks *stacks)
{
    sw_compose_stall(end, stall, stacks);
    stall->id = end->watch->stall_id;
    stall->occurrence = end->watch->occurrence;
}

void sw_tell_stall(struct sw_thread *thread, struct sw_watch *watch, const struct sw_ended *ended,
                   uint64_t now, enum sw_stall_state state)
{
    struct sw_iteration_end end = {
        .thread = thread,
        .watch = watch,
        .ended = ended,
        .now = now,
        .state = state,
        .program = sw_publish_process_info()->program,
    };
    struct sw_stall stall;
    struct sw_stacks stacks;
    compose(&end, &stall, &stacks);
    sw_pending_tell(&stall, &stacks);
    watch->stall_id = stall.id;
    watch->occurrence = stall.occurrence;
    watch->signature = stall.signature;
}

/* `asks`: with lines, when they have come. */
static void leave_due(struct sw_thread *thread, struct sw_watch *watch, uint64_t now, bool asks)
{
    struct sw_iteration_end end = {
        .thread = thread,
        .watch = watch,
        .now = now,
        .state = SW_STALL_ONGOING,
        .program = sw_publish_process_info()->program,
    };
    struct sw_stall stall;
    struct sw_stacks stacks;
    compose(&end, &stall, &stacks);
    sw_pending_leave_due(&stall, &stacks, asks);
    /* Only the id stays: signature and occurrence are the whole stall's to say. */
    watch->stall_id = stall.id;
    last_due_ticks = now;
}

void sw_tell_due(struct sw_thread *thread, struct sw_watch *watch, uint64_t now, uint64_t age_ns,
                 bool first)
{
    if (first) {
        if (sw_clock_ticks_to_ns(now - last_due_ticks) < DUE_APART_NS)
            return;
    } else if (age_ns < sw_process_settings.ongoing_ns / 4 ||
               age_ns <= watch->due_age_ns + watch->due_age_ns / 8) {
        return;
    }
    leave_due(thread, watch, now, !first);
    watch->due_age_ns = age_ns;
}
