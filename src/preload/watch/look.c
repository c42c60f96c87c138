/* See look.h. */
#include "preload/watch/look.h"

#include <string.h>

#include "preload/notes/clock.h"
#include "preload/notes/park.h"
#include "preload/notes/process.h"
#include "preload/notes/wait_target.h"
#include "preload/watch/calls/aside.h"
#include "preload/watch/calls/totals.h"
#include "preload/watch/cause/lateness.h"
#include "preload/watch/holder/holder.h"
#include "preload/watch/kept/say.h"
#include "preload/watch/kept/say_loops.h"
#include "preload/watch/kernel/scarcity.h"
#include "preload/watch/rest.h"
#include "preload/watch/samples/samples.h"
#include "preload/watch/tell/loops.h"
#include "preload/watch/tell/publish.h"
#include "preload/watch/tell/tell.h"
#include "preload/watch/whose/bases.h"
#include "preload/watch/whose/members.h"
#include "preload/watch/whose/ownership.h"
#include "preload/watch/whose/parks.h"

#define AT_REST_NS UINT64_C(1000000) /* of CPU: too little to have done much else */

/* The thread's last reading before the long iterations that are being fetched: of several at once
 * nobody can tell which of them its wait for a CPU was in. */
static struct sw_reading known_before;

static uint64_t threshold_ns(void)
{
    return sw_process_settings.threshold_ns;
}

static uint64_t age_ns_at(const struct sw_watch *watch, uint64_t now)
{
    return now > watch->began ? sw_clock_ticks_to_ns(now - watch->began) : 0;
}

static bool speaks_of(const struct sw_watch *watch, const struct sw_ended *ended)
{
    return watch->open && watch->loop == ended->loop && watch->iteration == ended->iteration &&
           watch->began == ended->began;
}

static const struct sw_sample *last_sample(const struct sw_watch *watch)
{
    return watch->sample_count > 0 ? &watch->samples[watch->sample_count - 1] : NULL;
}

/* An iteration that nobody looked at: a watch that knows of the thread, and nothing of the
 * iteration. */
static struct sw_watch *unwatched(const struct sw_watch *watch)
{
    static struct sw_watch blank;
    blank = *watch;
    blank.open = false;
    blank.sample_count = 0;
    blank.before = known_before;
    blank.stall_id = blank.signature = blank.occurrence = 0;
    memset(blank.details, 0, sizeof blank.details);
    blank.held = NULL;
    memset(blank.outside, 0, sizeof blank.outside);
    memset(&blank.first, 0, sizeof blank.first);
    memset(&blank.last, 0, sizeof blank.last);
    return &blank;
}

/* The figures at the iteration's end, to be had where the loop has been waiting since. */
static void read_end(struct sw_thread *thread, struct sw_watch *watch, const struct sw_ended *ended)
{
    const struct sw_loop *loop = &thread->loops[ended->loop];
    struct sw_reading reading;
    sw_account_read(thread->tid, &reading);
    bool waits_since =
        atomic_load(&loop->iteration) == ended->iteration && atomic_load(&loop->busy_since) == 0;
    if (!waits_since || !watch->first.valid || !reading.valid)
        return;
    if (reading.cpu_ns - watch->last.cpu_ns < AT_REST_NS)
        sw_totals_end_outside(watch, ended->ended);
    watch->last = reading;
    watch->last.ticks = ended->ended;
}

/* The suspicion: is it the loop's, and one that stalls? If not, it is dropped. */
static bool suspect(struct sw_thread *thread, struct sw_watch *watch)
{
    enum sw_ownership answer = SW_OWNERSHIP_LEFT;
    if (!sw_parks_never(thread, watch, watch->loop) && !sw_parks_judge_again(thread, watch))
        answer = sw_ownership_judge(thread, watch, last_sample(watch));
    watch->judged = answer != SW_OWNERSHIP_UNSURE;
    watch->dropped = watch->dropped || (watch->judged && answer != SW_OWNERSHIP_HOLDS);
    return watch->judged && !watch->dropped;
}

/* The first look at an iteration: was it to be sooner, and the watchdog was at work elsewhere, or
 * was woken and got no CPU? */
static void note_first_look(uint64_t began, uint64_t now)
{
    if (!sw_lateness_note_work(now))
        sw_lateness_check_first(began + sw_clock_ns_to_ticks(threshold_ns() / 4), now);
}

/* One long iteration that its thread left a note of. False: it has to wait until the candidate is
 * confirmed, or a place in it judged. */
static bool take_ended(struct sw_thread *thread, struct sw_watch *watch, struct sw_ended *ended)
{
    struct sw_loop *loop = &thread->loops[ended->loop % SW_LOOPS_PER_THREAD];
    uint32_t state = atomic_load(&loop->state);
    if (!sw_parks_part(thread, ended))
        return false;
    ended->began = sw_members_began(watch, ended->began);
    bool known = speaks_of(watch, ended);
    if (ended->loop_id == 0)
        ended->loop_id = loop->id;
    if (state == SW_LOOP_CANDIDATE && ended->loop_id == 0)
        return sw_members_is_stranger(thread, loop);
    if ((known && watch->dropped) || ended->began < watch->parks_learnt ||
        ended->began >= ended->ended)
        return true;
    if ((state != SW_LOOP_OWNED && state != SW_LOOP_CLOSED) ||
        sw_clock_ticks_to_ns(ended->ended - ended->began) < threshold_ns() ||
        sw_parks_never(thread, watch, ended->loop % SW_LOOPS_PER_THREAD))
        return true;
    /* Synchronous code polls too: without a stack, a poll loop has to have shown itself before. */
    bool shown = watch->verified[ended->loop] == loop->id ||
                 (known && (watch->sample_count > 0 || watch->stall_id != 0));
    if (sw_wait_is_set(loop->kind) && !shown)
        return true;
    if (sw_aside_turned(thread, watch, ended, known ? last_sample(watch) : NULL) ||
        sw_members_may_be_many(thread, watch, ended))
        return true;
    if (!known) {
        note_first_look(ended->began, sw_clock_ticks());
        struct sw_watch *blank = unwatched(watch);
        sw_tell_stall(thread, blank, ended, ended->ended, SW_STALL_ENDED);
        watch->known = blank->known;
        return true;
    }
    if (!watch->judged && last_sample(watch) != NULL && !suspect(thread, watch))
        return true;
    read_end(thread, watch, ended);
    sw_tell_stall(thread, watch, ended, ended->ended, SW_STALL_ENDED);
    watch->dropped = true;
    return true;
}

static void take_all_ended(struct sw_thread *thread, struct sw_watch *watch)
{
    uint32_t tail = atomic_load(&thread->ended_tail);
    known_before = watch->known;
    while (tail != atomic_load_explicit(&thread->ended_head, memory_order_acquire)) {
        if (!take_ended(thread, watch, &thread->ended[tail % SW_ENDED_RING]))
            break;
        atomic_store_explicit(&thread->ended_tail, ++tail, memory_order_release);
    }
    uint32_t lost = __atomic_load_n(&thread->ended_lost, __ATOMIC_RELAXED);
    if (lost != watch->lost_seen) {
        sw_publish_lost(lost - watch->lost_seen);
        watch->lost_seen = lost;
    }
}

static void open_watch(struct sw_watch *watch, unsigned index, const struct sw_loop *loop,
                       uint64_t iteration, uint64_t since, uint64_t began)
{
    watch->open = true;
    watch->dropped = watch->judged = false;
    watch->loop = index;
    watch->loop_id = loop->id;
    watch->iteration = iteration;
    watch->busy_since = since;
    watch->began = began;
    memset(&watch->first, 0, sizeof watch->first);
    memset(&watch->last, 0, sizeof watch->last);
    watch->before = watch->known;
    watch->stall_id = watch->occurrence = watch->signature = 0;
    watch->due_age_ns = 0;
    watch->next_ongoing_ns = sw_process_settings.ongoing_ns > threshold_ns()
                                 ? sw_process_settings.ongoing_ns
                                 : threshold_ns();
    memset(watch->outside, 0, sizeof watch->outside);
    memset(&watch->view, 0, sizeof watch->view);
    watch->looks = watch->looks_at_fault = 0;
    for (unsigned i = 0; i < SW_WATCH_DETAILS; i++)
        watch->details[i].entered = watch->details[i].seen = 0;
    sw_holder_forget(watch);
    sw_samples_begin(watch);
}

/* Loops that are over: their figures are kept, and their places given back. */
static void clear_finished(struct sw_thread *thread, struct sw_watch *watch)
{
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &thread->loops[i];
        uint32_t state = atomic_load(&loop->state);
        if (state != SW_LOOP_CLOSED && state != SW_LOOP_LEFT)
            continue;
        uint64_t closed = atomic_load(&loop->closed_at);
        if (state == SW_LOOP_CLOSED && watch->open && watch->loop == i && !watch->dropped &&
            watch->loop_id == loop->id && age_ns_at(watch, closed) >= threshold_ns() &&
            (watch->judged || suspect(thread, watch)))
            sw_tell_stall(thread, watch, NULL, closed, SW_STALL_EXITING);
        if (watch->open && watch->loop == i)
            watch->open = false;
        if (watch->announced[i] == loop->id)
            sw_say_loop_over(thread, loop,
                             state == SW_LOOP_LEFT ? SW_LOOP_END_LEFT : SW_LOOP_END_CLOSED);
        sw_loops_archive(thread, loop);
        loop->id = 0;
        atomic_compare_exchange_strong(&loop->state, &state, SW_LOOP_FREE);
    }
}

/* What the thread has left: iterations that ended, and loops. */
static void take_notes(struct sw_thread *thread, struct sw_watch *watch)
{
    take_all_ended(thread, watch);
    sw_bases_compare(thread, watch);
    clear_finished(thread, watch);
}

/* An iteration over the threshold: is it a stall, and is it time to say so while it goes on? */
static void look_at_stall(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    uint64_t age_ns = age_ns_at(watch, now);
    bool confirmed = atomic_load(&thread->loops[watch->loop].state) == SW_LOOP_OWNED;
    bool first = !watch->judged;
    if (first)
        suspect(thread, watch);
    if (!watch->dropped && age_ns >= watch->next_ongoing_ns) {
        if (suspect(thread, watch))
            sw_tell_stall(thread, watch, NULL, now, SW_STALL_ONGOING);
        while (watch->next_ongoing_ns <= age_ns)
            watch->next_ongoing_ns *= 2;
    } else if (watch->judged && !watch->dropped && confirmed) {
        sw_tell_due(thread, watch, now, age_ns, first);
    }
}

static void look_deeper(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    struct sw_syscall_view view;
    uint64_t age_ns = age_ns_at(watch, now);
    struct sw_reading reading;
    sw_account_read(thread->tid, &reading);
    memset(&view, 0, sizeof view);
    bool in_call = atomic_load(&thread->sequence) & 1;
    if (in_call)
        sw_totals_note_detail(thread, watch, now);
    else
        sw_account_syscall(thread->tid, &view);
    /* All that was read belongs to this iteration only if it still goes on. */
    if (atomic_load(&thread->loops[watch->loop].busy_since) != watch->busy_since)
        return;
    if (!watch->first.valid) {
        sw_account_renew_name(thread->tid, thread->loops[watch->loop].thread_name);
        watch->first = reading;
        note_first_look(watch->began, now);
        sw_members_teach(thread, watch, watch->loop);
        sw_scarcity_note(now);
    }
    watch->last = reading;
    watch->known = reading;
    if (view.known) {
        watch->looks++;
        bool stopped = reading.state == 'T' || reading.state == 't';
        watch->looks_at_fault += !view.running && view.number == -1 && !stopped;
    }
    /* What a wait of the program's own does inside belongs to that. */
    if (!thread->annotations.waiting)
        sw_totals_note_outside(watch, &view, now);
    sw_samples_step(thread, watch, age_ns, &view);
    bool aside = !watch->dropped && sw_aside_may_turn(thread, watch, now);
    if (age_ns >= threshold_ns() / 2 && !watch->dropped)
        sw_holder_note(thread, watch, &view, now);
    bool is_over = age_ns >= threshold_ns() && !watch->dropped && !aside;
    if (is_over && !watch->judged)
        sw_members_teach(thread, watch, watch->loop);
    if (is_over && sw_members_began(watch, watch->began) == watch->began)
        look_at_stall(thread, watch, now);
}

/* A stretch that may block, as the program says: nothing is looked into, and what the loop's
 * descriptor says is not waited for, since the loop does not wait either. */
static bool is_allowed(const struct sw_thread *thread, struct sw_watch *watch)
{
    const struct sw_annotations *own = &thread->annotations;
    uint32_t count = atomic_load_explicit(&own->why_count, memory_order_acquire);
    if (count != watch->why_seen) {
        watch->why_seen = count;
        sw_say_allowed(own->why);
    }
    return atomic_load_explicit(&own->allow_depth, memory_order_acquire) > 0;
}

/* What the loop's wait runs of a language is read before a stall is told: which frames are the
 * loop's own is part of what makes its signature. */
static void read_language(struct sw_thread *thread, struct sw_watch *watch)
{
    struct sw_loop *loop = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
    if (loop == NULL || atomic_load(&loop->state) != SW_LOOP_OWNED)
        return;
    unsigned index = (unsigned)(loop - thread->loops);
    if (atomic_load(&loop->busy_since) == 0)
        sw_ownership_read_language(thread, watch, index);
    if (sw_ownership_want_language(thread, watch, index))
        sw_rest_listen();
}

struct sw_look sw_look_at(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    read_language(thread, watch);
    take_notes(thread, watch);
    if (is_allowed(thread, watch)) {
        watch->open = false;
        return (struct sw_look){false, now + sw_clock_ns_to_ticks(threshold_ns() / 4)};
    }
    struct sw_loop *loop = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
    uint32_t state = loop != NULL ? atomic_load(&loop->state) : SW_LOOP_FREE;
    if ((state != SW_LOOP_OWNED && state != SW_LOOP_CANDIDATE) ||
        sw_members_is_stranger(thread, loop)) {
        take_notes(thread, watch);
        watch->open = false;
        return sw_pace_idle(thread, watch, NULL, 0, now);
    }
    sw_ownership_want_base(thread, watch, (unsigned)(loop - thread->loops));
    uint64_t waited = atomic_load(&loop->iteration);
    uint64_t since = atomic_load_explicit(&loop->busy_since, memory_order_acquire);
    uint64_t iteration = atomic_load(&loop->iteration);
    /* What the watch is open for may have ended since the notes were taken: then there is one of it
     * now, and the watch knows more of it. */
    if (since != watch->busy_since)
        take_notes(thread, watch);
    uint64_t began = sw_members_began(watch, sw_parks_began(thread, since));
    if (since == 0) {
        watch->open = false;
        /* Once for each wait: a pass over many threads is mostly over those that still wait. */
        if (watch->idle_loop != loop || watch->idle_iteration != waited)
            sw_bases_look(thread, watch, (unsigned)(loop - thread->loops));
        return sw_pace_idle(thread, watch, loop, waited, now);
    }
    if (atomic_load(&loop->busy_since) != since)
        return (struct sw_look){false, now};
    /* What was before it, its end will tell. */
    if (sw_park_is_parked(thread)) {
        watch->idle_loop = loop;
        watch->idle_iteration = iteration;
        return (struct sw_look){true, UINT64_MAX};
    }
    unsigned index = (unsigned)(loop - thread->loops);
    if (!watch->open || watch->loop != index || watch->iteration != iteration ||
        watch->began != began)
        open_watch(watch, index, loop, iteration, since, began);
    watch->idle_loop = loop;
    watch->idle_iteration = iteration - 1;
    if (age_ns_at(watch, now) >= threshold_ns() / 4)
        look_deeper(thread, watch, now);
    return (struct sw_look){false, sw_pace_busy(watch, sw_clock_ticks())};
}

void sw_look_at_ended(struct sw_thread *thread, struct sw_watch *watch)
{
    take_notes(thread, watch);
}

/* Who parks has done what there was to do, as far as the end of the process goes. */
static uint64_t done_at(struct sw_thread *thread, uint64_t exit_ticks)
{
    return sw_park_is_parked(thread) && thread->note.entered < exit_ticks ? thread->note.entered
                                                                          : exit_ticks;
}

void sw_look_last(struct sw_thread *thread, struct sw_watch *watch, uint64_t exit_ticks)
{
    sw_look_at_ended(thread, watch);
    struct sw_loop *loop = __atomic_load_n(&thread->outer, __ATOMIC_ACQUIRE);
    if (loop == NULL || atomic_load(&loop->state) != SW_LOOP_OWNED)
        return;
    uint64_t since = atomic_load(&loop->busy_since);
    if (since != watch->busy_since)
        take_notes(thread, watch);
    uint64_t began = sw_members_began(watch, sw_parks_began(thread, since));
    uint64_t iteration = atomic_load(&loop->iteration);
    /* A thread that has ended did so after its last wait: clean-up. */
    if (since == 0 || !sw_account_alive(thread->tid))
        return;
    unsigned index = (unsigned)(loop - thread->loops);
    if (!watch->open || watch->iteration != iteration || watch->began != began)
        open_watch(watch, index, loop, iteration, since, began);
    if (!watch->first.valid)
        note_first_look(began, sw_clock_ticks());
    exit_ticks = done_at(thread, exit_ticks);
    if (!watch->dropped && age_ns_at(watch, exit_ticks) >= threshold_ns() &&
        (watch->judged || suspect(thread, watch)))
        sw_tell_stall(thread, watch, NULL, exit_ticks, SW_STALL_EXITING);
}
