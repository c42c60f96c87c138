/* See compose.h. */
#include "preload/watch/tell/compose.h"

#include <string.h>

#include "preload/notes/annotate.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/calls/totals.h"
#include "preload/watch/cause/figures.h"
#include "preload/watch/holder/holder.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/tell/hints.h"
#include "preload/watch/tell/hints_table.h"
#include "preload/watch/whose/ownership.h"

/* A call is named from a tenth of the stall on. */
#define NAMED_CALL_PART 10

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void fill_calls(const struct sw_totals *totals, struct sw_stall *stall)
{
    for (unsigned i = 0; i < totals->count && i < 5; i++) {
        struct sw_call_total *call = &stall->calls[stall->call_count++];
        *call = totals->calls[i];
        /* A call that ended while its thread was being looked at may be counted twice. */
        if (call->total_ns > stall->duration_ns)
            call->total_ns = stall->duration_ns;
    }
    stall->call_named =
        stall->call_count > 0 && stall->calls[0].total_ns * NAMED_CALL_PART >= stall->duration_ns;
}

static void fill_place(const struct sw_iteration_end *end, struct sw_stall *stall)
{
    const struct sw_thread *thread = end->thread;
    const struct sw_loop *loop =
        &thread->loops[end->ended != NULL ? end->ended->loop : end->watch->loop];
    stall->tid = thread->tid;
    memcpy(stall->thread_name, loop->thread_name, sizeof stall->thread_name);
    sw_account_renew_name(thread->tid, stall->thread_name);
    stall->main_thread = thread->tid == sw_process->pid;
    stall->loop_id = end->ended != NULL ? end->ended->loop_id : loop->id;
    stall->wait = sw_call_info(loop->wait_id)->name;
    stall->fd = loop->fd;
    stall->iteration = end->ended != NULL ? end->ended->iteration : atomic_load(&loop->iteration);
    stall->events = end->ended != NULL ? end->ended->events : loop->events;
    stall->startup = end->ended != NULL ? end->ended->startup : loop->startup;
}

/* What is known of who held the call that held the loop; NULL: nothing. */
static const struct sw_held *held_by(const struct sw_watch *watch, const struct sw_stall *stall)
{
    return watch->open && stall->call_named ? sw_holder_of(watch, stall->calls[0].name) : NULL;
}

static void fill_holder(const struct sw_held *held, const struct sw_stack *stack,
                        struct sw_stall *stall)
{
    struct sw_arena *arena = sw_pool_capture();
    struct sw_holder *holder = sw_arena_alloc(arena, sizeof *holder);
    if (held->deadlock[0] != '\0')
        stall->deadlock = sw_arena_copy(arena, held->deadlock, strlen(held->deadlock));
    if (holder == NULL || held->tid == 0)
        return;
    holder->what = held->what;
    holder->tid = held->tid;
    holder->name = sw_arena_copy(arena, held->name, strlen(held->name));
    if (held->command[0] != '\0')
        holder->command = sw_arena_copy(arena, held->command, strlen(held->command));
    holder->count = stack->count;
    holder->frames = stack->frames;
    stall->holder = holder;
}

/* "cpu", or the name of the call if calls held the loop longer than computing did. */
static const char *signature_key(const struct sw_stall *stall)
{
    if (!stall->call_named || stall->calls[0].total_ns < stall->cpu_ns)
        return "cpu";
    return stall->calls[0].name;
}

/* What part of a stall a label has to be true of: what else was done in the iteration is told by
 * the samples, and seldom matters. */
#define LABELLED_PART(looks) ((looks) - (looks) / 4)

/* At how many looks did the runtime say this? */
static unsigned looks_labelled(const struct sw_watch *watch, const char *label)
{
    unsigned looks = 0;
    for (unsigned i = 0; i < watch->sample_count; i++)
        looks += strcmp(watch->samples[i].label, label) == 0 ? watch->samples[i].weight : 0;
    return looks;
}

/* What the runtime said at the samples, nearly all of those where it can have said something. (It
 * may have said nothing of work that has a name: of a thread that had gone on before it was read.)
 */
static void label_of_samples(const struct sw_watch *watch, char label[SW_LABEL_TEXT])
{
    unsigned looks = 0;
    for (unsigned i = 0; i < watch->sample_count; i++) {
        const struct sw_sample *sample = &watch->samples[i];
        bool nameless = sample->language.count > 0 && sample->language.coroutine[0] == 0;
        looks += nameless || sample->label[0] != '\0' ? sample->weight : 0;
    }
    label[0] = '\0';
    for (unsigned i = 0; i < watch->sample_count && label[0] == '\0'; i++) {
        const char *said = watch->samples[i].label;
        if (said[0] != '\0' && looks_labelled(watch, said) >= LABELLED_PART(looks))
            memcpy(label, said, SW_LABEL_TEXT);
    }
}

/* The program's own comes first. */
static void fill_label(const struct sw_iteration_end *end, struct sw_stall *stall)
{
    char label[SW_LABEL_TEXT];
    if (end->ended != NULL)
        memcpy(label, end->ended->label, sizeof label);
    else if (!sw_annotate_label_at(end->thread, end->now, label))
        return;
    label[sizeof label - 1] = '\0';
    if (label[0] == '\0')
        label_of_samples(end->watch, label);
    if (label[0] != '\0')
        stall->label = sw_arena_copy(sw_pool_capture(), label, strlen(label));
}

void sw_compose_lines(struct sw_stall *stall, struct sw_stacks *stacks, struct sw_arena *arena)
{
    if (stacks->talk.done == 0)
        return;
    sw_stacks_lines(stacks, arena);
    if (stall->holder != NULL) {
        stall->holder->count = stacks->other.count;
        stall->holder->frames = stacks->other.frames;
    }
}

void sw_compose_stall(const struct sw_iteration_end *end, struct sw_stall *stall,
                      struct sw_stacks *stacks)
{
    struct sw_watch *watch = end->watch;
    struct sw_totals totals;
    uint64_t began = end->ended != NULL ? end->ended->began : watch->began;

    memset(stall, 0, sizeof *stall);
    stall->state = end->state;
    stall->duration_ns = sw_clock_ticks_to_ns(minus(end->now, began));
    stall->threshold_ns = sw_process_settings.threshold_ns;
    uint64_t age_ns = sw_clock_ticks_to_ns(minus(sw_clock_ticks(), began));
    stall->began_realtime_ns = sw_clock_realtime_ns() - age_ns;
    fill_place(end, stall);
    fill_label(end, stall);

    if (end->ended != NULL)
        sw_totals_of_ended(watch, end->ended, &totals);
    else
        sw_totals_live(end->thread, watch, end->now, &totals);
    fill_calls(&totals, stall);
    sw_figures_fill(end, &totals, began, stall);

    unsigned index = end->ended != NULL ? end->ended->loop : watch->loop;
    const struct sw_unwind_stack *base =
        index < SW_LOOPS_PER_THREAD ? sw_ownership_base(end->thread, watch, index) : NULL;
    const struct sw_held *held = held_by(watch, stall);
    const struct sw_sample *other = held != NULL && sw_held_has_stack(held) ? &held->sample : NULL;
    const struct sw_language_stack *base_language =
        index < SW_LOOPS_PER_THREAD ? sw_ownership_language(end->thread, watch, index) : NULL;
    sw_stacks_build(watch, base, base_language, other, end->program, signature_key(stall), stacks);
    stall->stack_count = stacks->count;
    stall->stacks = stacks->stacks;
    stall->signature = watch->signature != 0 ? watch->signature : stacks->signature;
    if (held != NULL)
        fill_holder(held, &stacks->other, stall);
    stall->hint = sw_hints_table_find(stall);
    if (stall->hint == NULL || stall->deadlock != NULL)
        stall->hint = sw_hint_of(stall);
}
