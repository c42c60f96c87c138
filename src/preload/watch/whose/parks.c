/* See parks.h. */
#include "preload/watch/whose/parks.h"

#include <stdbool.h>
#include <string.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/park_member.h"
#include "preload/stack/modules.h"
#include "preload/stack/symbols.h"
#include "preload/watch/kept/say_loops.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/kernel/numbers.h"
#include "preload/watch/samples/common_frames.h"
#include "preload/watch/samples/snapshot.h"
#include "preload/watch/whose/members.h"
#include "preload/watch/whose/ownership.h"
#include "preload/watch/whose/parks_table.h"
#include "preload/watch/whose/returned_language.h"

static const char *symbol_of(const struct sw_unwind_frame *frame)
{
    return sw_symbols_name_at(frame->ip - 1);
}

/* Does the frame merely wait for whoever called it? */
static bool waits_for_caller(const struct sw_unwind_frame *frame)
{
    return sw_ownership_is_transparent(frame) ||
           sw_parks_table_has(SW_PARK_THROUGH, symbol_of(frame));
}

/* Does a thread other than `self` own a loop on the same descriptor, or has it waited there? */
static bool is_shared(const struct sw_thread *self, int fd)
{
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread == self || thread->tid == 0)
            continue;
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++) {
            uint32_t state = atomic_load(&thread->loops[j].state);
            if ((state == SW_LOOP_CANDIDATE || state == SW_LOOP_OWNED) && thread->loops[j].fd == fd)
                return true;
        }
    }
    return false;
}

/* How far the stack is to be looked at: up to the frame that it shares with the loop's wait, or all
 * of it. */
static unsigned frames_inside(const struct sw_unwind_stack *stack,
                              const struct sw_unwind_stack *base)
{
    unsigned i = 0, j = 0;
    if (base != NULL && sw_common_frames(stack, base, &i, &j))
        return i + 1;
    return stack->count;
}

static const struct sw_unwind_frame *parking_by_name(const struct sw_unwind_stack *stack,
                                                     unsigned count)
{
    bool first = true;
    for (unsigned i = 0; i < count; i++) {
        const char *name = symbol_of(&stack->frame[i]);
        if (waits_for_caller(&stack->frame[i]))
            continue;
        if (sw_parks_table_has(SW_PARK_IN, name) || (first && sw_parks_table_has(SW_PARK_BY, name)))
            return &stack->frame[i];
        first = false;
    }
    return NULL;
}

/* Does nothing that has a name lie between the call and the frame that it shares with the loop's
 * wait? */
static bool parks_by_shape(const struct sw_unwind_stack *stack, unsigned count)
{
    for (unsigned i = 0; i + 1 < count; i++)
        if (!waits_for_caller(&stack->frame[i]) && symbol_of(&stack->frame[i]) != NULL)
            return false;
    return true;
}

/* Several threads at an epoll descriptor, or several processes under a lock of theirs, as servers
 * do that fork their workers beforehand and accept from many sockets. */
static bool are_turns_taken(const struct sw_thread *thread, const struct sw_loop *loop,
                            const struct sw_park_site *site)
{
    return site->between_processes || (loop->fd >= 0 && is_shared(thread, loop->fd));
}

static const struct sw_unwind_frame *parking_frame(struct sw_thread *thread, struct sw_watch *watch,
                                                   const struct sw_loop *loop,
                                                   const struct sw_park_site *site,
                                                   const struct sw_unwind_stack *stack)
{
    const struct sw_unwind_stack *base =
        sw_ownership_base(thread, watch, (unsigned)(loop - thread->loops));
    unsigned count = frames_inside(stack, base);
    const struct sw_unwind_frame *named = parking_by_name(stack, count);
    if (named != NULL)
        return named;
    /* Without the frame that both share nothing can be told from the shape. */
    bool shares = count < stack->count;
    return shares && are_turns_taken(thread, loop, site) && parks_by_shape(stack, count)
               ? &stack->frame[count - 1]
               : NULL;
}

/* The same for a thread that has never waited for a loop: the table's functions, or those that
 * another thread waits for its loop in. */
static const struct sw_unwind_frame *stranger_frame(const struct sw_thread *thread,
                                                    const struct sw_unwind_stack *stack)
{
    unsigned first = sw_ownership_first(stack);
    const struct sw_unwind_frame *named = parking_by_name(stack, stack->count);
    if (named != NULL)
        return named;
    return first < stack->count && sw_members_wait_in(thread, &stack->frame[first])
               ? &stack->frame[first]
               : NULL;
}

static void accept(const struct sw_thread *thread, const struct sw_loop *loop,
                   struct sw_park_site *site, const struct sw_unwind_frame *frame)
{
    if (sw_park_remember(site, SW_PARK_YES) && loop != NULL)
        sw_say_parks(thread, loop, symbol_of(frame));
    atomic_store(&site->verdict, SW_PARK_YES);
}

/* A thread's first question: is there anything in where it waits? If not, that is true of the whole
 * pool, and the thread is left alone. */
static void judge_stranger(struct sw_thread *thread, struct sw_watch *watch, struct sw_loop *loop,
                           struct sw_park_site *site, const struct sw_unwind_stack *stack)
{
    const struct sw_unwind_frame *frame = stranger_frame(thread, stack);
    if (frame != NULL) {
        sw_ownership_give_base(watch, (unsigned)(loop - thread->loops), loop, stack);
        accept(thread, loop, site, frame);
        return;
    }
    uint32_t candidate = SW_LOOP_CANDIDATE;
    sw_park_remember(site, SW_PARK_NO);
    atomic_store(&site->verdict, SW_PARK_NO);
    atomic_compare_exchange_strong(&loop->state, &candidate, SW_LOOP_FREE);
    atomic_store(&thread->attention, SW_ATTENTION_LOOP);
}

static void judge(struct sw_thread *thread, struct sw_watch *watch, struct sw_park_site *site,
                  const struct sw_base_stack *copy)
{
    static struct sw_unwind_stack stack;
    sw_snapshot_unwind_base(copy, &stack);
    struct sw_loop *loop = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
    if (loop != NULL && sw_members_site(thread, loop) == site) {
        judge_stranger(thread, watch, loop, site, &stack);
        return;
    }
    /* Where the thread has come to no loop yet, or is between two, the code is all there is to ask.
     */
    const struct sw_unwind_frame *frame = loop != NULL
                                              ? parking_frame(thread, watch, loop, site, &stack)
                                              : stranger_frame(thread, &stack);
    if (frame == NULL) {
        atomic_store(&site->verdict, SW_PARK_NO);
        return;
    }
    accept(thread, loop, site, frame);
}

void sw_parks_judge(struct sw_thread *thread, struct sw_watch *watch)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++) {
        struct sw_base_stack *copy = atomic_exchange(&thread->parks[i].stack, NULL);
        if (copy == NULL)
            continue;
        judge(thread, watch, &thread->parks[i], copy);
        sw_kernel3(SYS_munmap, (long)copy, sizeof *copy, 0);
    }
}

static enum sw_park_verdict verdict_of(const struct sw_thread *thread,
                                       const struct sw_maybe_parked *maybe)
{
    if (maybe->site == 0 || maybe->site > SW_PARK_SITES)
        return SW_PARK_NO;
    return (enum sw_park_verdict)atomic_load(&thread->parks[maybe->site - 1].verdict);
}

/* What the thread notes of the iteration in progress; false: nothing, or it is being changed. */
static bool copy_maybe(const struct sw_thread *thread, struct sw_maybe_parked *maybe)
{
    *maybe = thread->maybe;
    atomic_thread_fence(memory_order_acquire);
    return maybe->stamp == thread->stamp && maybe->count == thread->maybe.count &&
           maybe->last_returned == thread->maybe.last_returned;
}

uint64_t sw_parks_began(const struct sw_thread *thread, uint64_t since)
{
    struct sw_maybe_parked maybe;
    if (!copy_maybe(thread, &maybe) || verdict_of(thread, &maybe) != SW_PARK_YES)
        return since;
    return maybe.last_returned > since ? maybe.last_returned : since;
}

static void take_out(const struct sw_maybe_parked *maybe, struct sw_call_slot *slot)
{
    if (slot->id != maybe->id)
        return;
    slot->total -= maybe->total < slot->total ? maybe->total : slot->total;
    slot->count -= maybe->count < slot->count ? maybe->count : slot->count;
    if (slot->longest > slot->total)
        slot->longest = slot->total;
}

void sw_parks_take_out(const struct sw_thread *thread, struct sw_call_slot *slot)
{
    struct sw_maybe_parked maybe;
    if (copy_maybe(thread, &maybe) && verdict_of(thread, &maybe) == SW_PARK_YES)
        take_out(&maybe, slot);
}

bool sw_parks_part(const struct sw_thread *thread, struct sw_ended *ended)
{
    struct sw_maybe_parked *maybe = &ended->maybe;
    enum sw_park_verdict verdict = verdict_of(thread, maybe);
    if (verdict == SW_PARK_YES) {
        if (maybe->first_entered - ended->began > ended->ended - maybe->last_returned)
            ended->ended = maybe->first_entered;
        else
            ended->began = maybe->last_returned;
        for (uint32_t i = 0; i < ended->call_count && i < SW_CALL_SLOTS; i++)
            take_out(maybe, &ended->calls[i]);
    }
    if (verdict != SW_PARK_UNKNOWN)
        maybe->site = 0;
    return verdict != SW_PARK_UNKNOWN;
}

/* The place, known and not known to park, that the sample's call came from; NULL: it was in none.
 */
static struct sw_park_site *place_of(struct sw_thread *thread, const struct sw_sample *sample)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++) {
        struct sw_park_site *site = &thread->parks[i];
        uint64_t caller = __atomic_load_n(&site->caller, __ATOMIC_RELAXED);
        if (caller == 0 || atomic_load(&site->verdict) == SW_PARK_YES)
            continue;
        for (unsigned j = 0; j < sample->stack.count; j++)
            if (sample->stack.frame[j].ip == caller)
                return site;
    }
    return NULL;
}

/* By which a thread of a language waits until another gives it something to do; it takes turns for
 * the language itself by other calls. */
static bool waits_for_another(const struct sw_sample *sample)
{
    return sample->sequence != 0 &&
           (sample->call_id == SW_CALL_sem_wait || sample->call_id == SW_CALL_sem_timedwait ||
            sample->call_id == SW_CALL_sem_clockwait);
}

/* The same by the functions of a language, which places do not tell apart: is the thread in a lock,
 * called by the very one that waits for a loop which it shares, or calls what does (trio's in guest
 * mode)? */
static bool parks_in_language(const struct sw_thread *thread, const struct sw_watch *watch)
{
    const struct sw_loop *loop = &thread->loops[watch->loop];
    const struct sw_language_stack *base = sw_ownership_language(thread, watch, watch->loop);
    const struct sw_sample *last =
        watch->sample_count > 0 ? &watch->samples[watch->sample_count - 1] : NULL;
    return base != NULL && last != NULL && waits_for_another(last) &&
           sw_returned_waits_beside(&last->language, base) && loop->fd >= 0 &&
           is_shared(thread, loop->fd);
}

bool sw_parks_judge_again(struct sw_thread *thread, struct sw_watch *watch)
{
    const struct sw_loop *loop = &thread->loops[watch->loop];
    for (unsigned i = 0; i < watch->sample_count; i++) {
        const struct sw_sample *sample = &watch->samples[i];
        struct sw_park_site *site = sample->sequence != 0 ? place_of(thread, sample) : NULL;
        const struct sw_unwind_frame *frame =
            site != NULL ? parking_frame(thread, watch, loop, site, &sample->stack) : NULL;
        if (frame == NULL)
            continue;
        accept(thread, loop, site, frame);
        watch->parks_learnt = sw_clock_ticks();
        return true;
    }
    return parks_in_language(thread, watch);
}

/* Does the process have a thread that is named so by a rule, beside the loop's and this one? */
static bool is_beside_scheduler(void)
{
    struct sw_numbers tasks;
    bool found = false;
    if (sw_account_threads() <= 2 || !sw_numbers_open(&tasks, "/proc/self/task"))
        return false;
    for (int tid; !found && (tid = sw_numbers_next(&tasks)) >= 0;) {
        char name[17] = "";
        sw_account_renew_name(tid, name);
        found = sw_parks_table_has(SW_PARK_BESIDE, name);
    }
    sw_numbers_close(&tasks);
    return found;
}

bool sw_parks_never(struct sw_thread *thread, struct sw_watch *watch, unsigned index)
{
    uint32_t id = thread->loops[index].id;
    const struct sw_unwind_stack *base = sw_ownership_base(thread, watch, index);
    if (base == NULL || watch->never_asked[index] == id)
        return base != NULL && watch->never[index];
    watch->never_asked[index] = id;
    watch->never[index] = is_beside_scheduler();
    for (unsigned i = 0; i < base->count && !watch->never[index]; i++)
        watch->never[index] = sw_parks_table_has(SW_PARK_NEVER, symbol_of(&base->frame[i]));
    return watch->never[index];
}
