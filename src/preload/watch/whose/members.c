/* See members.h. */
#include "preload/watch/whose/members.h"

#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/notes/wait_target.h"
#include "preload/watch/kept/watches.h"
#include "preload/watch/whose/ownership.h"

/* The park function and what calls it inside of the scheduler: further out is the program. */
#define SCHEDULER_FRAMES 4

struct sw_park_site *sw_members_site(struct sw_thread *thread, const struct sw_loop *loop)
{
    bool parked = loop->kind == SW_WAIT_PARKED && loop->key - 1 < SW_PARK_SITES;
    return parked ? &thread->parks[loop->key - 1] : NULL;
}

bool sw_members_is_stranger(struct sw_thread *thread, const struct sw_loop *loop)
{
    struct sw_park_site *site = sw_members_site(thread, loop);
    return site != NULL && atomic_load(&site->verdict) != SW_PARK_UNKNOWN &&
           atomic_load(&loop->state) == SW_LOOP_CANDIDATE;
}

/* A loop of another thread. */
struct other {
    struct sw_thread *thread;
    struct sw_watch *watch;
    unsigned index;
};

/* Calls `use` for each loop on a descriptor that another thread has been found to own; stops at the
 * first that it says yes to. */
static bool find_other(const struct sw_thread *self,
                       bool (*use)(const struct other *other, void *context), void *context)
{
    unsigned count = sw_thread_count();
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread == self || thread->tid == 0)
            continue;
        struct other other = {thread, sw_watches_known(i, thread), 0};
        for (; other.watch != NULL && other.index < SW_LOOPS_PER_THREAD; other.index++) {
            const struct sw_loop *loop = &thread->loops[other.index];
            if (loop->fd >= 0 && atomic_load(&loop->state) == SW_LOOP_OWNED && use(&other, context))
                return true;
        }
    }
    return false;
}

static const struct sw_loop *loop_of(const struct other *other)
{
    return &other->thread->loops[other->index];
}

/* The frames of the wait of another thread's loop; NULL where it has only parked as well. */
static const struct sw_unwind_stack *wait_of(const struct other *other)
{
    if (loop_of(other)->kind == SW_WAIT_PARKED)
        return NULL;
    return sw_ownership_base(other->thread, other->watch, other->index);
}

static int frame_of_function(const struct sw_unwind_stack *stack, uint64_t function)
{
    for (unsigned i = 0; i < stack->count && function != 0; i++)
        if (stack->frame[i].function == function)
            return (int)i;
    return -1;
}

static bool waits_in(const struct other *other, void *context)
{
    const struct sw_unwind_frame *frame = context;
    const struct sw_unwind_stack *wait = wait_of(other);
    return wait != NULL && frame_of_function(wait, frame->function) >= 0;
}

bool sw_members_wait_in(const struct sw_thread *self, const struct sw_unwind_frame *frame)
{
    struct sw_unwind_frame copy = *frame;
    return find_other(self, waits_in, &copy);
}

struct question {
    const struct sw_park_site *site;
    const struct sw_unwind_stack *parked; /* from where it parks, as its base; NULL: not known */
    struct sw_loop *loop;
    const struct sw_unwind_frame *found_parks, *found_waits; /* the function, in either stack */
};

static bool has_parked_on(const struct other *other, uint64_t object)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++) {
        struct sw_park_site *site = &other->thread->parks[i];
        if (site->caller != 0 && site->object == object &&
            atomic_load(&site->verdict) == SW_PARK_YES)
            return true;
    }
    return false;
}

static bool last_locked(struct sw_thread *thread, uint64_t lock)
{
    uint32_t sequence = atomic_load(&thread->sequence);
    bool waits = (sequence & 1) && thread->note.is_wait == 1;
    bool same = __atomic_load_n(&thread->last_mutex, __ATOMIC_RELAXED) == lock;
    return waits && same && atomic_load(&thread->sequence) == sequence;
}

/* Is the function that parks a part of the other thread's wait? */
static bool parks_in_wait(const struct other *other, struct question *question)
{
    const struct sw_unwind_stack *wait = wait_of(other);
    const struct sw_unwind_stack *parked = question->parked;
    if (wait == NULL || parked == NULL)
        return false;
    unsigned first = sw_ownership_first(parked);
    for (unsigned i = first; i < parked->count && i < first + SCHEDULER_FRAMES; i++) {
        int at = frame_of_function(wait, parked->frame[i].function);
        if (at < 0)
            continue;
        question->found_parks = &parked->frame[i];
        question->found_waits = &wait->frame[at];
        return true;
    }
    return false;
}

static bool is_its_loop(const struct other *other, void *context)
{
    struct question *question = context;
    uint64_t lock = question->site->lock;
    if (!has_parked_on(other, question->site->object) &&
        (!parks_in_wait(other, question) || (lock != 0 && !last_locked(other->thread, lock))))
        return false;
    question->loop->fd = loop_of(other)->fd;
    question->loop->wait_id = loop_of(other)->wait_id;
    return true;
}

/* Since when the thread is in what it does now: a call that it is in, no other callback was in. */
static uint64_t doing_since(struct sw_thread *thread)
{
    uint32_t sequence = atomic_load(&thread->sequence);
    uint64_t entered = thread->note.entered;
    bool calls = (sequence & 1) && !thread->note.is_wait;
    return calls && atomic_load(&thread->sequence) == sequence ? entered : sw_clock_ticks();
}

static void teach(struct sw_thread *thread, struct sw_watch *watch, uint64_t lock, uint64_t cfa)
{
    __atomic_store_n(&thread->turn_cfa, cfa, __ATOMIC_RELAXED);
    __atomic_store_n(&thread->turn_lock, lock, __ATOMIC_RELEASE);
    watch->turn_learnt = doing_since(thread);
}

/* Another thread's callbacks return to the same function: it learns by which lock. Goes on to the
 * next thread. */
static bool teach_turn(const struct other *other, void *context)
{
    struct question *question = context;
    const struct sw_park_site *site = question->site;
    struct sw_thread *thread = other->thread;
    if (loop_of(other)->fd != question->loop->fd || site->lock == 0 ||
        thread->turn_lock == site->lock || !parks_in_wait(other, question))
        return false;
    uint64_t depth = question->found_parks->cfa - site->cfa;
    teach(thread, other->watch, site->lock, question->found_waits->cfa - depth);
    return false;
}

static bool is_on_descriptor(const struct other *other, void *context)
{
    const struct sw_loop *loop = context;
    return loop_of(other)->fd == loop->fd;
}

static bool has_parked(const struct sw_thread *thread)
{
    for (unsigned i = 0; i < SW_PARK_SITES; i++)
        if (thread->parks[i].caller != 0 && atomic_load(&thread->parks[i].verdict) == SW_PARK_YES)
            return true;
    return false;
}

/* Would it matter now whose the thread's loop is? */
static bool matters(struct sw_thread *thread, const struct sw_loop *loop, uint64_t now)
{
    if (atomic_load(&thread->ended_head) != atomic_load(&thread->ended_tail))
        return true;
    uint64_t began = atomic_load(&loop->busy_since);
    return began != 0 && now > began &&
           sw_clock_ticks_to_ns(now - began) >= sw_process_settings.threshold_ns / 4;
}

static bool belongs(struct sw_thread *thread, struct sw_watch *watch, struct sw_loop *loop)
{
    unsigned index = (unsigned)(loop - thread->loops);
    struct sw_park_site *site = sw_members_site(thread, loop);
    if (site == NULL)
        return loop->fd >= 0 && has_parked(thread) && find_other(thread, is_on_descriptor, loop);
    if (atomic_load(&site->verdict) != SW_PARK_YES)
        return false;
    struct question question = {
        .site = site, .parked = sw_ownership_base(thread, watch, index), .loop = loop};
    if (!find_other(thread, is_its_loop, &question))
        return false;
    find_other(thread, teach_turn, &question);
    return true;
}

static void confirm(struct sw_thread *thread, struct sw_watch *watch, struct sw_loop *loop)
{
    uint32_t candidate = SW_LOOP_CANDIDATE;
    if (!belongs(thread, watch, loop))
        return;
    loop->id = atomic_fetch_add(&sw_process->loops_found, 1) + 1;
    atomic_compare_exchange_strong(&loop->state, &candidate, SW_LOOP_OWNED);
}

static struct sw_loop *candidate_of(struct sw_thread *thread)
{
    struct sw_loop *loop = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
    return loop != NULL && atomic_load(&loop->state) == SW_LOOP_CANDIDATE ? loop : NULL;
}

void sw_members_confirm(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    struct sw_loop *loop = candidate_of(thread);
    if (loop != NULL && matters(thread, loop, now))
        confirm(thread, watch, loop);
}

/* A thread that is to learn where its callbacks return to, and the frames of its loop's wait. */
struct pupil {
    struct sw_thread *thread;
    struct sw_watch *watch;
    const struct sw_unwind_stack *wait;
    int fd;
};

/* A thread that has waited for the loop and parked knows it of its own stack: the same function is
 * in both waits. */
static bool teach_own(const struct other *other, void *context)
{
    const struct pupil *pupil = context;
    const struct sw_thread *teacher = other->thread;
    uint64_t lock = __atomic_load_n(&teacher->turn_lock, __ATOMIC_ACQUIRE);
    uint64_t cfa = __atomic_load_n(&teacher->turn_cfa, __ATOMIC_RELAXED);
    const struct sw_unwind_stack *wait = loop_of(other)->fd == pupil->fd ? wait_of(other) : NULL;
    unsigned i = 0;
    while (wait != NULL && i < wait->count && wait->frame[i].cfa <= cfa)
        i++;
    if (lock == 0 || wait == NULL || i == wait->count)
        return false;
    int at = frame_of_function(pupil->wait, wait->frame[i].function);
    if (at < 0)
        return false;
    uint64_t depth = wait->frame[i].cfa - cfa;
    teach(pupil->thread, pupil->watch, lock, pupil->wait->frame[at].cfa - depth);
    return true;
}

void sw_members_teach(struct sw_thread *thread, struct sw_watch *watch, unsigned index)
{
    const struct sw_loop *loop = &thread->loops[index];
    struct pupil pupil = {thread, watch, sw_ownership_base(thread, watch, index), loop->fd};
    unsigned count = sw_thread_count();
    if (__atomic_load_n(&thread->turn_lock, __ATOMIC_RELAXED) != 0 || loop->fd < 0)
        return;
    if (pupil.wait != NULL && find_other(thread, teach_own, &pupil))
        return;
    for (unsigned i = 0; i < count; i++) {
        struct sw_thread *other = sw_thread_at(i);
        if (other == NULL || other == thread || other->tid == 0)
            continue;
        struct sw_watch *others = sw_watches_known(i, other);
        struct sw_loop *parked = others != NULL ? candidate_of(other) : NULL;
        if (parked != NULL && sw_members_site(other, parked) != NULL)
            confirm(other, others, parked);
    }
}

uint64_t sw_members_began(const struct sw_watch *watch, uint64_t began)
{
    uint64_t learnt = watch->turn_learnt;
    bool late = learnt > began &&
                sw_clock_ticks_to_ns(learnt - began) >= sw_process_settings.threshold_ns / 2;
    return late ? learnt : began;
}

bool sw_members_may_be_many(struct sw_thread *thread, struct sw_watch *watch,
                            const struct sw_ended *ended)
{
    if (ended->turns_known || ended->iteration > 1)
        return false;
    for (uint32_t i = 0; i < ended->call_count && i < SW_CALL_SLOTS; i++)
        if (sw_clock_ticks_to_ns(ended->calls[i].longest) >= sw_process_settings.threshold_ns)
            return false;
    sw_members_teach(thread, watch, ended->loop % SW_LOOPS_PER_THREAD);
    return __atomic_load_n(&thread->turn_lock, __ATOMIC_RELAXED) != 0;
}
