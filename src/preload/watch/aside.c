/* See aside.h. */
#include "preload/watch/aside.h"

#include "preload/notes/clock.h"
#include "preload/stack/modules.h"
#include "preload/watch/ownership.h"
#include "preload/watch/returned.h"

/* Two functions of one module that wait are its loop, turned in two places. An interpreter waits by
 * one function for everybody. */
static bool is_by_another(uint64_t caller, uint64_t loops_caller)
{
    struct sw_module *one = sw_modules_find(caller), *other = sw_modules_find(loops_caller);
    return one != NULL && other != NULL && one != other &&
           !sw_returned_is_interpreters_wait(caller) &&
           !sw_returned_is_interpreters_wait(loops_caller);
}

static bool is_own(const struct sw_unwind_frame *frame)
{
    struct sw_module *module = sw_modules_find(frame->ip);
    return module != NULL && module->own;
}

/* Does the sample show the thread in the wait that `caller` made? */
static bool shows_wait(const struct sw_sample *sample, uint64_t caller)
{
    unsigned first = 0;
    if (sample == NULL || sample->sequence == 0)
        return false;
    while (first < sample->stack.count && is_own(&sample->stack.frame[first]))
        first++;
    return first < sample->stack.count && sample->stack.frame[first].ip == caller;
}

/* Does the program's function that both waits have in common, which turns the loop, call this one
 * by libraries alone? */
static bool is_called_by_loop(const struct sw_unwind_stack *stack,
                              const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    if (base == NULL || !sw_returned_common(stack, base, &i, &j))
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
    if (base == NULL || !sw_returned_common(stack, base, &i, &j))
        return false;
    struct sw_module *module = sw_modules_find(stack->frame[i].ip);
    return module != NULL && !module->program && !module->own &&
           !sw_returned_is_ruby(stack->frame[i].ip);
}

bool sw_aside_turns(struct sw_thread *thread, struct sw_watch *watch, unsigned index,
                    const struct sw_sample *sample)
{
    struct sw_loop *loop = &thread->loops[index];
    uint64_t caller = atomic_load(&loop->aside_caller);
    if (caller == 0 || caller == atomic_load(&loop->aside_turn))
        return false;
    bool shown = shows_wait(sample, caller);
    if (caller == atomic_load(&loop->aside_call) && !shown)
        return false;
    bool ruby = sw_returned_is_ruby(caller) && sw_returned_is_ruby(loop->wait_caller);
    if (ruby && !shown)
        return false; /* another look will show it */
    const struct sw_unwind_stack *base = sw_ownership_base(thread, watch, index);
    bool called = ruby ? is_called_back(&sample->stack, base)
                       : is_by_another(caller, loop->wait_caller) &&
                             !(shown && is_called_by_loop(&sample->stack, base));
    if (called) {
        atomic_store(&loop->aside_call, caller);
        return false;
    }
    atomic_store(&loop->aside_turn, caller);
    watch->parks_learnt = sw_clock_ticks();
    return true;
}
