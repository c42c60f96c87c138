/*
 * Whose loop is it: the part that is decided on the loop's own thread.
 *
 *   - A thread owns a loop once it has waited twice on the same epoll descriptor; for poll see
 *     poll_loop.c. Notes are taken from the first epoll wait on, so that a stall in the very first
 *     iteration is known when the second wait confirms the loop.
 *   - The loop whose iteration is in progress is the thread's outer one. Another wait inside it is
 *     a call (nested-wait), unless both belong to one group: two waits that take turns.
 *   - A loop is over when its descriptor is closed (loop_close.c) or the watchdog finds its
 *     function gone; then the next wait decides anew.
 *
 * Loop thread. Slow only where a loop is first seen or found.
 */
#include "preload/notes/loop.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "common/kernel.h"
#include "preload/notes/park_member.h"

#define KEYED_WAITS_OF_A_LOOP 2
#define SET_WAITS_OF_A_LOOP   3
#define STARTUP_WAITS         10

static bool is_over(const struct sw_loop *loop)
{
    uint32_t state = atomic_load_explicit(&loop->state, memory_order_acquire);
    return state != SW_LOOP_CANDIDATE && state != SW_LOOP_OWNED;
}

bool sw_loop_give_up_over(struct sw_thread *thread)
{
    if (thread->outer == NULL || !is_over(thread->outer))
        return false;
    thread->outer = NULL;
    sw_call_stop_noting(thread);
    return true;
}

static bool is_owned(const struct sw_loop *loop)
{
    return atomic_load_explicit(&loop->state, memory_order_acquire) == SW_LOOP_OWNED;
}

struct sw_base_stack *sw_loop_copy_stack(struct sw_thread *thread)
{
    long address = sw_kernel6(SYS_mmap, 0, sizeof(struct sw_base_stack), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address < 0 && address > -4096)
        return NULL;
    struct sw_base_stack *stack = (struct sw_base_stack *)address;
    stack->registers = thread->note.registers;
    struct iovec to = {stack->bytes, sizeof stack->bytes};
    struct iovec from = {(void *)(uintptr_t)stack->registers.sp, sizeof stack->bytes};
    /* By its own number: a main thread that is gone has no memory any more. */
    long copied = sw_kernel6(SYS_process_vm_readv, thread->tid, (long)&to, 1, (long)&from, 1, 0);
    stack->size = copied > 0 ? (uint32_t)copied : 0;
    return stack;
}

void sw_loop_take_base(struct sw_thread *thread, struct sw_loop *loop)
{
    loop->base_sp = thread->wait_cfa;
    loop->base_taken++;
    atomic_store(&loop->base_wanted, 0);
    struct sw_base_stack *base = sw_loop_copy_stack(thread);
    if (base == NULL)
        return;
    base->wait_sp = thread->wait_cfa;
    struct sw_base_stack *old = atomic_exchange(&loop->base, base);
    if (old != NULL)
        sw_kernel3(SYS_munmap, (long)old, sizeof *old, 0);
}

struct sw_loop *sw_loop_place(struct sw_thread *thread)
{
    struct sw_loop *place = NULL;
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD && place == NULL; i++)
        if (atomic_load(&thread->loops[i].state) == SW_LOOP_FREE)
            place = &thread->loops[i];
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &thread->loops[i];
        if (place == NULL && loop != thread->outer && !is_owned(loop))
            place = loop;
    }
    if (place == NULL)
        return NULL;
    struct sw_base_stack *base = atomic_exchange(&place->base, NULL);
    if (base != NULL)
        sw_kernel3(SYS_munmap, (long)base, sizeof *base, 0);
    memset(place, 0, sizeof *place);
    place->fd = -1;
    place->startup = place->unusual = 1;
    atomic_store(&place->awaited_until, UINT64_MAX);
    place->born = sw_clock_ticks();
    if (thread->outer != NULL)
        place->born_iteration = atomic_load(&thread->outer->iteration);
    unsigned index = (unsigned)(place - thread->loops);
    if (thread->loops_used <= index)
        thread->loops_used = index + 1;
    return place;
}

/* Is it a loop that other threads have turned already? */
static bool has_started(const struct sw_loop *loop)
{
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        const struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread == sw_thread_self || thread->tid == 0)
            continue;
        for (unsigned j = 0; j < thread->loops_used && j < SW_LOOPS_PER_THREAD; j++) {
            const struct sw_loop *other = &thread->loops[j];
            if (other->fd == loop->fd && is_owned(other) && !other->startup)
                return true;
        }
    }
    return false;
}

/* The loop that is known by the target's key, made if need be. */
static struct sw_loop *keyed_loop(struct sw_thread *thread, const struct sw_wait_target *target)
{
    for (unsigned i = 0; i < thread->loops_used; i++) {
        struct sw_loop *known = &thread->loops[i];
        if (known->kind == target->kind && known->key == target->key && !is_over(known)) {
            known->flushes = known->flushes && target->flushes;
            return known;
        }
    }
    struct sw_loop *loop = sw_loop_place(thread);
    if (loop == NULL)
        return NULL;
    loop->kind = target->kind;
    loop->key = target->key;
    loop->flushes = target->flushes;
    if (target->kind != SW_WAIT_CUSTOM) {
        loop->fd = (int32_t)target->key;
        SW_CLOSES_MATTER(loop->fd) = 1;
    }
    if (loop->fd >= 0) {
        atomic_store_explicit(&sw_process->parks_matter, 1, memory_order_relaxed);
        loop->startup = !has_started(loop);
    }
    atomic_store_explicit(&loop->state, SW_LOOP_CANDIDATE, memory_order_release);
    sw_loop_take_base(thread, loop);
    sw_process_watch();
    return loop;
}

/* Does a loop wait from elsewhere in the stack than where its base was taken, or in another
 * function as the watchdog has seen (watch/whose/bases.c)? The base has to be of the wait that
 * began the iteration. Of an epoll loop the watchdog sees it, and asks for a wait to come this way
 * (sw_ownership_want_base). Not for ever: who moves at every turn is not worth the copies. */
static bool has_moved(const struct sw_thread *thread, const struct sw_loop *loop)
{
    return (loop->base_sp != thread->wait_cfa || atomic_load(&loop->base_wanted)) &&
           loop->base_taken < SW_MOST_BASES;
}

/* Counts a candidate's wait, and takes it for a loop when it has waited often enough. (A loop's are
 * counted at their ends, while it starts up.) */
static void count_wait(struct sw_thread *thread, struct sw_loop *loop,
                       const struct sw_wait_target *target)
{
    bool set = sw_wait_is_set(target->kind);
    if (is_owned(loop)) {
        if (has_moved(thread, loop))
            sw_loop_take_base(thread, loop);
        return;
    }
    loop->waits++;
    if (loop->waits < (set ? SET_WAITS_OF_A_LOOP : KEYED_WAITS_OF_A_LOOP))
        return;
    loop->refused = set && !sw_poll_loop_convincing(thread, loop, target);
    if (loop->refused)
        return;
    loop->id = atomic_fetch_add(&sw_process->loops_found, 1) + 1;
    if (atomic_load(&loop->base) == NULL)
        sw_loop_take_base(thread, loop);
    atomic_store_explicit(&loop->state, SW_LOOP_OWNED, memory_order_release);
    sw_process_watch();
    sw_process_wake();
}

static bool take_turns(const struct sw_loop *one, const struct sw_loop *other)
{
    uint32_t group = atomic_load_explicit(&one->group, memory_order_relaxed);
    return group != 0 && group == atomic_load_explicit(&other->group, memory_order_relaxed);
}

/* A poll that has the outer loop's epoll descriptor in its set waits for that loop too. */
static void group_by_descriptor(struct sw_loop *outer, struct sw_loop *loop,
                                const struct sw_wait_target *target)
{
    if (outer->fd < 0 || !sw_wait_is_set(target->kind) || take_turns(outer, loop))
        return;
    if (sw_wait_set_place(target, outer->fd) >= 0) {
        atomic_store(&outer->group, (uint32_t)outer->fd + 1);
        atomic_store(&loop->group, (uint32_t)outer->fd + 1);
    }
}

/* Does the thread of another loop have the kernel do something by a ring, and waits until that is
 * done? libuv changes its epoll's set so. A loop on a ring may look the same, where the thread
 * waits for nothing else. */
static bool is_flush_beside(const struct sw_loop *outer, const struct sw_wait_target *target)
{
    return target->flushes && outer != NULL && !outer->flushes &&
           !(outer->kind == SW_WAIT_RING && outer->key == target->key);
}

/* The outer loop as it still holds: not one that is over, nor a mere candidate that waited once
 * when `loop` has been found, nor what has been but flushes. */
static struct sw_loop *outer_beside(struct sw_thread *thread, const struct sw_loop *loop)
{
    struct sw_loop *outer = thread->outer;
    if (outer != NULL && outer != loop && outer->flushes && !loop->flushes) {
        outer->left_for = loop->id;
        atomic_store(&outer->state, is_owned(outer) ? SW_LOOP_LEFT : SW_LOOP_FREE);
        return NULL;
    }
    if (outer == NULL || outer == loop || is_owned(outer) || !is_owned(loop) ||
        take_turns(outer, loop))
        return outer;
    atomic_store(&outer->state, SW_LOOP_FREE);
    return NULL;
}

struct sw_loop *sw_loop_decide(struct sw_thread *thread, const struct sw_wait_target *target,
                               bool *call)
{
    bool set = sw_wait_is_set(target->kind);
    atomic_store(&thread->attention, SW_ATTENTION_NONE);
    thread->hot_key = 0;
    sw_loop_give_up_over(thread);
    if (thread->outer != NULL && thread->outer->kind == SW_WAIT_PARKED)
        sw_park_member_waits(thread, target);
    *call = thread->outer != NULL && thread->in_iteration;
    if (is_flush_beside(thread->outer, target))
        return NULL;

    struct sw_loop *loop = set ? sw_poll_loop_match(thread, target) : keyed_loop(thread, target);
    if (loop == NULL)
        return NULL;
    if (set && sw_poll_loop_is_aside(thread, loop, target)) {
        if (!sw_poll_loop_is_probe(target)) {
            atomic_store_explicit(&loop->aside_at, sw_clock_ticks(), memory_order_relaxed);
            atomic_store_explicit(&loop->aside_caller, thread->wait_caller, memory_order_relaxed);
        }
        return NULL;
    }
    count_wait(thread, loop, target);
    loop->wait_sp = thread->wait_cfa;
    if (thread->wait_caller != atomic_load_explicit(&loop->aside_turn, memory_order_relaxed))
        loop->wait_caller = thread->wait_caller;
    loop->wait_id = target->id;
    loop->kind = target->kind;
    struct sw_loop *outer = outer_beside(thread, loop);
    if (outer != NULL && outer != loop) {
        group_by_descriptor(outer, loop, target);
        if (!take_turns(outer, loop))
            return NULL;
        uint64_t now = sw_clock_ticks();
        sw_loop_end_iteration(thread, outer, now);
        sw_loop_account(outer, now);
        outer->began = 0;
    } else if (set && !is_owned(loop)) {
        return NULL;
    }
    *call = false;
    thread->outer = loop;
    thread->in_iteration = 1;
    /* The first place only: its address needs no load, which a wait would have to wait for. */
    bool usual = target->kind == SW_WAIT_EPOLL && is_owned(loop) && loop == &thread->loops[0];
    thread->hot_key = usual ? (uint64_t)loop->fd + 1 : 0;
    return loop;
}

struct sw_thread *sw_wait_thread(uint64_t cfa)
{
    struct sw_thread *thread = sw_thread_self;
    if (SW_UNLIKELY(sw_process_passive))
        return NULL;
    if (thread == NULL || thread->tid == 0) {
        thread = sw_thread_attach();
        if (thread == NULL)
            return NULL;
    }
    uint32_t sequence = atomic_load_explicit(&thread->sequence, memory_order_relaxed);
    if ((sequence & 1) && !sw_call_discard(thread, cfa))
        return NULL;
    thread->wait_cfa = cfa;
    return thread;
}

struct sw_thread *sw_wait_wanted(uint64_t cfa)
{
    struct sw_thread *thread = sw_wait_thread(cfa);
    return thread != NULL && !thread->annotations.waiting ? thread : NULL;
}

void sw_wait_begin_decide(struct sw_wait *wait, struct sw_thread *thread,
                          const struct sw_wait_target *target)
{
    bool call = false;
    bool called = atomic_load(&thread->attention) == SW_ATTENTION_CALL;
    struct sw_loop *loop = sw_loop_decide(thread, target, &call);
    if (loop != NULL) {
        sw_wait_enter(wait, thread, loop, target->id, target->timeout_ns);
        if (called)
            sw_process_wake();
        return;
    }
    if (!call)
        return;
    struct sw_call noted;
    int32_t first = target->kind == SW_WAIT_CUSTOM ? -1 : (int32_t)target->key;
    uint64_t count = 1;
    if (sw_wait_is_set(target->kind))
        count = sw_wait_set_count(target, &first);
    /* All that a report says is noted now: the kernel writes to the sets of select, and what a
     * descriptor is, is true only while it is not closed. */
    uint64_t closes = count > 0 ? SW_CLOSES_COUNT(first) : 0;
    sw_call_begin(&noted, thread, target->id, (uint64_t)first, count | closes << 32,
                  (uint64_t)target->timeout_ns);
    wait->thread = thread;
    wait->sequence = noted.sequence;
}

void sw_wait_leave_call(struct sw_thread *thread)
{
    uint64_t ticks = sw_clock_ticks() - thread->note.entered;
    sw_call_account(thread, thread->note.id, ticks, true);
    sw_call_close(thread, atomic_load_explicit(&thread->sequence, memory_order_relaxed));
}

void sw_wait_leave_unusual(struct sw_loop *loop)
{
    if (loop->startup) {
        if (loop->wait_timeout_ns != 0 || loop->waits >= STARTUP_WAITS)
            loop->startup = 0;
        else if (is_owned(loop))
            loop->waits++;
    }
    loop->unusual = loop->startup || loop->kind != SW_WAIT_EPOLL;
    atomic_store_explicit(&loop->awaited, 0, memory_order_relaxed);
    /* Of a wait that has lasted for its whole timeout the watchdog knows when it is to look. */
    if (loop->kind == SW_WAIT_EPOLL && loop->began >= atomic_load(&loop->awaited_until))
        return;
    if (loop->kind != SW_WAIT_PARKED &&
        atomic_load_explicit(&sw_process->watchdog_asleep, memory_order_relaxed))
        sw_process_wake();
}

int sw_wait_leave_usual_slowly(int ready, struct sw_thread *thread, uint32_t sequence)
{
    sw_wait_leave_unusual(&thread->loops[0]);
    sw_call_close(thread, sequence);
    return ready;
}

uint64_t sw_wait_ends_long(struct sw_thread *thread, uint64_t now)
{
    sw_loop_end_iteration(thread, &thread->loops[0], now);
    return 0;
}

uint64_t sw_wait_asked(struct sw_thread *thread, uint64_t now)
{
    (void)now;
    sw_thread_answer_request(thread);
    return 0;
}

SW_KEPT_FUNCTION(sw_wait_ends_long_kept, sw_wait_ends_long)
SW_KEPT_FUNCTION(sw_wait_asked_kept, sw_wait_asked)
