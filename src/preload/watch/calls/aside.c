/* See aside.h. */
#include "preload/watch/calls/aside.h"

#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/stack/modules.h"
#include "preload/watch/calls/totals.h"
#include "preload/watch/samples/common_frames.h"
#include "preload/watch/whose/ownership.h"
#include "preload/watch/whose/returned.h"

/* Two functions of one module that wait are its loop, turned in two places. An interpreter waits by
 * one function for everybody. */
static bool is_by_another(uint64_t caller, uint64_t loops_caller)
{
    struct sw_module *one = sw_modules_find(caller), *other = sw_modules_find(loops_caller);
    return one != NULL && other != NULL && one != other &&
           !sw_returned_is_interpreters_wait(caller) &&
           !sw_returned_is_interpreters_wait(loops_caller);
}

/* Does the sample show the thread in the wait that `caller` made? */
static bool shows_wait(const struct sw_sample *sample, uint64_t caller)
{
    unsigned first = 0;
    if (sample == NULL || sample->sequence == 0)
        return false;
    while (first < sample->stack.count && sw_modules_is_own(sample->stack.frame[first].ip))
        first++;
    return first < sample->stack.count && sample->stack.frame[first].ip == caller;
}

/* Does the program's function that both waits have in common, which turns the loop, call this one
 * by libraries alone? */
static bool is_called_by_loop(const struct sw_unwind_stack *stack,
                              const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    if (base == NULL || !sw_common_frames(stack, base, &i, &j))
        return false;
    struct sw_module *module = sw_modules_find(stack->frame[i].ip);
    if (module == NULL || !module->program)
        return false;
    while (i > 0) {
        module = sw_modules_find(stack->frame[--i].ip);
        if (module == NULL || module->program)
            return false;
    }
    return true;
}

/* Is it an extension's function that turns the loop (EventMachine's)? What the language waits for
 * then is in a callback. */
static bool is_called_back(const struct sw_unwind_stack *stack, const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    if (base == NULL || !sw_common_frames(stack, base, &i, &j))
        return false;
    struct sw_module *module = sw_modules_find(stack->frame[i].ip);
    return module != NULL && !module->program && !module->own &&
           !sw_returned_is_ruby(stack->frame[i].ip);
}

enum judgement {
    ASIDE_NONE,  /* there is none, or it makes no difference */
    ASIDE_EARLY, /* the iteration that goes on may yet outgrow it */
    ASIDE_TURNS  /* it has turned out just now */
};

/* The iteration in question: of which loop, a stack of it (or NULL), when the last such wait
 * began and until when it went (ticks), how much of that it was in calls that wait, and whether it
 * is over. */
struct iteration {
    unsigned loop;
    const struct sw_sample *sample;
    uint64_t aside_at, until, waited;
    bool over;
};

static struct sw_totals totals; /* too large for the stack */

/* Has the thread done something else than wait for the threshold since the last such wait began? */
static bool is_outgrown(const struct iteration *iteration)
{
    uint64_t at = iteration->aside_at + iteration->waited;
    return iteration->until > at &&
           sw_clock_ticks_to_ns(iteration->until - at) >= sw_process_settings.threshold_ns;
}

static enum judgement judge(struct sw_thread *thread, struct sw_watch *watch,
                            const struct iteration *iteration)
{
    struct sw_loop *loop = &thread->loops[iteration->loop];
    const struct sw_sample *sample = iteration->sample;
    uint64_t caller = atomic_load(&loop->aside_caller);
    if (caller == atomic_load(&loop->aside_turn))
        return ASIDE_NONE;
    bool shown = shows_wait(sample, caller);
    if (!shown && (caller == atomic_load(&loop->aside_call) || is_outgrown(iteration)))
        return ASIDE_NONE;
    if (!shown && !iteration->over)
        return ASIDE_EARLY;
    bool ruby = sw_returned_is_ruby(caller) && sw_returned_is_ruby(loop->wait_caller);
    if (ruby && !shown)
        return ASIDE_NONE; /* another look will show it */
    const struct sw_unwind_stack *base = sw_ownership_base(thread, watch, iteration->loop);
    bool called = ruby ? is_called_back(&sample->stack, base)
                       : is_by_another(caller, loop->wait_caller) &&
                             !(shown && is_called_by_loop(&sample->stack, base));
    atomic_store(called ? &loop->aside_call : &loop->aside_turn, caller);
    if (!called)
        watch->parks_learnt = sw_clock_ticks();
    return called ? ASIDE_NONE : ASIDE_TURNS;
}

bool sw_aside_turned(struct sw_thread *thread, struct sw_watch *watch, const struct sw_ended *ended,
                     const struct sw_sample *sample)
{
    if (atomic_load(&thread->loops[ended->loop].aside_caller) == 0)
        return false;
    sw_totals_of_ended(watch, ended, &totals);
    struct iteration iteration = {ended->loop,  sample,         ended->aside_at,
                                  ended->ended, totals.waiting, true};
    return judge(thread, watch, &iteration) == ASIDE_TURNS;
}

bool sw_aside_may_turn(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    const struct sw_sample *last =
        watch->sample_count > 0 ? &watch->samples[watch->sample_count - 1] : NULL;
    if (atomic_load(&thread->loops[watch->loop].aside_caller) == 0)
        return false;
    sw_totals_live(thread, watch, now, &totals);
    uint64_t at = atomic_load(&thread->loops[watch->loop].aside_at);
    struct iteration iteration = {watch->loop, last, at, now, totals.waiting, false};
    enum judgement answer = judge(thread, watch, &iteration);
    watch->dropped = answer == ASIDE_TURNS;
    return answer != ASIDE_NONE;
}
