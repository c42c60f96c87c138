/* See ownership.h. */
#include "preload/watch/whose/ownership.h"

#include <string.h>

#include "common/kernel.h"
#include "preload/languages/languages.h"
#include "preload/notes/loop.h"
#include "preload/notes/wait_target.h"
#include "preload/stack/modules.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/samples/common_frames.h"
#include "preload/watch/samples/snapshot.h"
#include "preload/watch/whose/jobs.h"
#include "preload/watch/whose/nested.h"
#include "preload/watch/whose/returned.h"
#include "preload/watch/whose/returned_language.h"

/* How often a thread is asked to say when it waits, so that its language can be read there. */
#define MOST_ASKED 64

/* The place for a base of the wait at `wait_sp`: where one was before, or the one after the last.
 */
static struct sw_watch_base *base_place(struct sw_watch_base bases[SW_WATCH_BASES],
                                        uint64_t wait_sp)
{
    unsigned at = 0;
    while (at + 1 < SW_WATCH_BASES && bases[at].wait_sp != 0 && bases[at].wait_sp != wait_sp)
        at++;
    /* The last one first: what it was stays where it goes on. */
    struct sw_watch_base moving = bases[at];
    for (; at > 0; at--)
        bases[at] = bases[at - 1];
    bases[0] = moving;
    if (bases[0].stack == NULL)
        bases[0].stack = sw_pool_alloc(sizeof *bases[0].stack);
    return bases[0].stack != NULL ? &bases[0] : NULL;
}

static void forget_bases(struct sw_watch *watch, unsigned index)
{
    for (unsigned i = 0; i < SW_WATCH_BASES; i++)
        watch->base[index][i].wait_sp = 0;
}

/* Takes over what the loop's thread has copied since. */
static void take_base(struct sw_thread *thread, struct sw_watch *watch, unsigned index)
{
    struct sw_loop *loop = &thread->loops[index];
    struct sw_base_stack *fresh = atomic_exchange(&loop->base, NULL);
    /* A candidate's base is taken over when the candidate gets its id. */
    if (watch->base_id[index] != loop->id && watch->base_id[index] != 0)
        forget_bases(watch, index);
    watch->base_id[index] = loop->id;
    if (fresh == NULL)
        return;
    struct sw_watch_base *base = base_place(watch->base[index], fresh->wait_sp);
    if (base != NULL) {
        sw_snapshot_unwind_base(fresh, base->stack);
        base->wait_sp = fresh->wait_sp;
        base->language_read = false;
        base->language_asked = 0;
    }
    sw_kernel3(SYS_munmap, (long)fresh, sizeof *fresh, 0);
}

void sw_ownership_give_base(struct sw_watch *watch, unsigned index, const struct sw_loop *loop,
                            const struct sw_unwind_stack *stack)
{
    forget_bases(watch, index);
    watch->base_id[index] = loop->id;
    struct sw_watch_base *base = base_place(watch->base[index], loop->wait_sp);
    if (base == NULL)
        return;
    *base->stack = *stack;
    base->wait_sp = loop->wait_sp;
    base->language_read = false;
    base->language_asked = 0;
}

bool sw_ownership_is_transparent(const struct sw_unwind_frame *frame)
{
    struct sw_module *module = sw_modules_find(frame->ip);
    return module != NULL && (module->own || strncmp(module->name, "libc.so", 7) == 0 ||
                              strncmp(module->name, "libpthread", 10) == 0 ||
                              strncmp(module->name, "libstdc++.so", 12) == 0);
}

unsigned sw_ownership_first(const struct sw_unwind_stack *stack)
{
    unsigned first = 0;
    while (first < stack->count && sw_ownership_is_transparent(&stack->frame[first]))
        first++;
    return first;
}

const struct sw_unwind_stack *sw_ownership_base(struct sw_thread *thread, struct sw_watch *watch,
                                                unsigned index)
{
    take_base(thread, watch, index);
    const struct sw_watch_base *bases = watch->base[index];
    for (unsigned i = 0; i < SW_WATCH_BASES; i++)
        if (bases[i].wait_sp != 0 && bases[i].wait_sp == thread->loops[index].wait_sp)
            return bases[i].stack;
    return bases[0].wait_sp != 0 ? bases[0].stack : NULL;
}

/* The base of the last wait; NULL: it waited from elsewhere. */
static struct sw_watch_base *base_of_wait(const struct sw_thread *thread,
                                          const struct sw_watch *watch, unsigned index)
{
    const struct sw_watch_base *bases = watch->base[index];
    for (unsigned i = 0; i < SW_WATCH_BASES; i++)
        if (bases[i].wait_sp != 0 && bases[i].wait_sp == thread->loops[index].wait_sp)
            return (struct sw_watch_base *)&bases[i];
    return NULL;
}

const struct sw_language_stack *sw_ownership_language(const struct sw_thread *thread,
                                                      const struct sw_watch *watch, unsigned index)
{
    const struct sw_watch_base *base = base_of_wait(thread, watch, index);
    if (base != NULL && base->language_read && base->language->count > 0)
        return base->language;
    /* An interpreter that has warmed up waits from another depth, in the same functions of its
     * language. */
    for (base = watch->base[index]; base < &watch->base[index][SW_WATCH_BASES]; base++)
        if (base->wait_sp != 0 && base->language_read && base->language->count > 0)
            return base->language;
    return NULL;
}

void sw_ownership_read_language(struct sw_thread *thread, struct sw_watch *watch, unsigned index)
{
    take_base(thread, watch, index);
    struct sw_watch_base *base = base_of_wait(thread, watch, index);
    if (base == NULL || base->language_read || !sw_languages_present())
        return;
    if (base->language == NULL)
        base->language = sw_pool_alloc(sizeof *base->language);
    base->language_read =
        base->language != NULL && sw_snapshot_language_of_wait(thread, base->language);
}

bool sw_ownership_want_language(struct sw_thread *thread, struct sw_watch *watch, unsigned index)
{
    struct sw_watch_base *base = base_of_wait(thread, watch, index);
    if (base == NULL || base->language_read || !sw_languages_present() ||
        base->language_asked == MOST_ASKED)
        return false;
    base->language_asked++;
    atomic_store(&thread->attention, SW_ATTENTION_CALL);
    return true;
}

void sw_ownership_want_base(struct sw_thread *thread, const struct sw_watch *watch, unsigned index)
{
    const struct sw_loop *loop = &thread->loops[index];
    for (unsigned i = 0; i < SW_WATCH_BASES; i++)
        if (watch->base[index][i].wait_sp == loop->wait_sp)
            return;
    if (loop->base_sp != loop->wait_sp && loop->base_taken < SW_MOST_BASES)
        atomic_store(&thread->attention, SW_ATTENTION_LOOP);
}

/* The first frame from `first` on that is not in the same module any more. */
static unsigned end_of_module(const struct sw_unwind_stack *base, unsigned first)
{
    struct sw_module *module = sw_modules_find(base->frame[first].ip);
    unsigned end = first + 1;
    while (end < base->count && sw_modules_find(base->frame[end].ip) == module)
        end++;
    return end;
}

/* The first frame that is not the wrapper's. */
static unsigned first_caller(const struct sw_unwind_stack *base)
{
    unsigned first = 0;
    while (first < base->count) {
        struct sw_module *module = sw_modules_find(base->frame[first].ip);
        if (module == NULL || !module->own)
            break;
        first++;
    }
    return first;
}

/* Is it an interpreter that waits, itself or by a module of its language's
 * (select.cpython-38-….so)? */
static bool interpreter_waits(const struct sw_unwind_stack *base, unsigned first)
{
    unsigned outer = end_of_module(base, first);
    return sw_returned_is_interpreter(base->frame[first].ip) ||
           (outer < base->count && sw_returned_is_interpreter(base->frame[outer].ip));
}

/* Where the frames of the wait's stack end that may own it, which begin at `first`: the function
 * that called it and that one's caller, as every event loop is built (g_main_context_iterate →
 * g_poll, event_base_loop → poll_dispatch); in a library all frames until it was entered. Not an
 * interpreter's own function, which is there whatever it runs (from CPython 3.12 on it calls the
 * wait's itself). */
static unsigned end_of_owners(const struct sw_unwind_stack *base, unsigned first)
{
    struct sw_module *module = sw_modules_find(base->frame[first].ip);
    unsigned end = first + 2;
    if (interpreter_waits(base, first))
        return first + 1;
    if (module != NULL && !module->program) {
        unsigned module_end = end_of_module(base, first);
        /* Of an extension that only waits: IO::Poll is to Perl what select is. */
        if (module_end == end - 1 && module_end < base->count &&
            sw_returned_is_perl(base->frame[module_end].ip))
            module_end = end_of_module(base, module_end);
        end = module_end > end ? module_end : end;
    }
    return end < base->count ? end : base->count;
}

/*
 * For poll, which synchronous code calls as well: is what called the wait still there? In an
 * interpreter the frames cannot tell a loop from a call with a timeout (which polls one descriptor,
 * as socket.recv and Queue.get do): there, sets of several and sockets that listen are taken for
 * loops.
 */
static bool poll_owner_has_returned(const struct sw_loop *loop, const struct sw_unwind_stack *stack,
                                    const struct sw_unwind_stack *base)
{
    if (!sw_wait_is_set(loop->kind) || !sw_returned_comparable(stack, base))
        return false;
    unsigned first = loop->many ? sw_returned_waiter(base) : first_caller(base);
    if (first == base->count)
        return false;
    if (interpreter_waits(base, first) && (loop->many || loop->listens))
        return false;
    if (loop->many && sw_returned_is_turned(stack, base))
        return false;
    struct sw_unwind_stack owners;
    owners.count = 0;
    for (unsigned i = first; i < end_of_owners(base, first); i++)
        owners.frame[owners.count++] = base->frame[i];
    return sw_common_frames_count(stack, &owners) == 0;
}

/* Has the function of each wait returned that the loop is known by? While a dialog's nested loop is
 * gone, the outer one is still there. */
static bool all_have_returned(struct sw_watch *watch, const struct sw_loop *loop,
                              const struct sw_sample *sample)
{
    const struct sw_unwind_stack *stack = &sample->stack;
    const struct sw_watch_base *bases = watch->base[watch->loop];
    bool last = false;
    for (unsigned i = 0; i < SW_WATCH_BASES; i++) {
        if (bases[i].wait_sp == 0)
            continue;
        if (!sw_returned(stack, bases[i].stack) &&
            !poll_owner_has_returned(loop, stack, bases[i].stack) &&
            !sw_jobs_between(watch, sample, bases[i].stack))
            return false;
        last = last || bases[i].wait_sp == loop->wait_sp;
    }
    /* The stack of a wait from elsewhere says nothing of this one. */
    return last;
}

/* The same as the language tells it that the waits are made in, of those whose frames are known. */
static bool all_have_returned_in_language(const struct sw_watch *watch,
                                          const struct sw_language_stack *language)
{
    const struct sw_watch_base *bases = watch->base[watch->loop];
    bool any = false;
    for (unsigned i = 0; i < SW_WATCH_BASES; i++) {
        if (bases[i].wait_sp == 0 || !bases[i].language_read || bases[i].language->count == 0)
            continue;
        if (!sw_returned_in_language(language, bases[i].language))
            return false;
        any = true;
    }
    return any;
}

/* Does nothing but an interpreter, and what it calls, run in a stack: no library that calls back?
 */
static bool is_interpreters_alone(const struct sw_unwind_stack *stack)
{
    unsigned i = 0;
    while (i < stack->count && !sw_returned_is_interpreter(stack->frame[i].ip))
        i++;
    bool found = i < stack->count;
    for (; i < stack->count; i++)
        if (!sw_returned_is_interpreter(stack->frame[i].ip) &&
            !sw_ownership_is_transparent(&stack->frame[i]))
            return false;
    return found && stack->complete;
}

/* Is it not known yet what the interpreter that made the loop's wait was running, and may that have
 * returned? Of an iteration that has ended, the loop has waited again. */
static bool is_unsure(const struct sw_watch *watch, const struct sw_loop *loop,
                      const struct sw_unwind_stack *base, const struct sw_sample *sample)
{
    const struct sw_watch_base *bases = watch->base[watch->loop];
    bool goes_on = atomic_load(&loop->busy_since) == watch->busy_since;
    /* At the program's end nothing can be asked of its functions any more. */
    bool nowhere =
        goes_on && is_interpreters_alone(&sample->stack) &&
        (watch->unsure_since == watch->busy_since || sw_returned_turns_nowhere(&sample->language));
    if (base == NULL)
        return nowhere;
    unsigned first = sw_ownership_first(base);
    for (unsigned i = 0; i < SW_WATCH_BASES; i++)
        if (bases[i].wait_sp != 0 && bases[i].language_read)
            return false;
    bool asyncios = loop->kind == SW_WAIT_EPOLL && sw_returned_maybe_asyncios(&sample->language);
    return first < base->count && sw_returned_is_interpreters_wait(base->frame[first].ip) &&
           (nowhere || asyncios);
}

static enum sw_ownership judge_nested(struct sw_thread *thread, struct sw_loop *loop)
{
    switch (sw_nested_judge(thread, loop)) {
    case SW_NESTED_TURNS:
        return SW_OWNERSHIP_TURNS;
    case SW_NESTED_LEFT:
        return SW_OWNERSHIP_LEFT;
    case SW_NESTED_CALL:
        break;
    }
    return SW_OWNERSHIP_HOLDS;
}

enum sw_ownership sw_ownership_judge(struct sw_thread *thread, struct sw_watch *watch,
                                     const struct sw_sample *sample)
{
    struct sw_loop *loop = &thread->loops[watch->loop];
    enum sw_ownership answer = judge_nested(thread, loop);
    const struct sw_unwind_stack *base = sw_ownership_base(thread, watch, watch->loop);
    if (answer == SW_OWNERSHIP_HOLDS && sample != NULL && base != NULL &&
        (all_have_returned(watch, loop, sample) ||
         all_have_returned_in_language(watch, &sample->language)))
        answer = SW_OWNERSHIP_LEFT;
    if (answer == SW_OWNERSHIP_HOLDS && sample != NULL && is_unsure(watch, loop, base, sample)) {
        answer = SW_OWNERSHIP_UNSURE;
        watch->unsure_since = watch->busy_since;
    }
    if (answer == SW_OWNERSHIP_HOLDS && sample != NULL && sample->stack.complete && base != NULL)
        watch->verified[watch->loop] = loop->id;
    if (answer == SW_OWNERSHIP_LEFT) {
        uint32_t state = atomic_load(&loop->state);
        if ((state == SW_LOOP_OWNED || state == SW_LOOP_CANDIDATE) &&
            atomic_compare_exchange_strong(&loop->state, &state, SW_LOOP_LEFT))
            atomic_store(&thread->attention, SW_ATTENTION_LOOP);
    }
    return answer;
}
