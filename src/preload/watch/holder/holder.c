/*
 * See holder.h. A lookup is a few reads of /proc and of the program's memory, at each look at an
 * iteration that is half a threshold old and stands in a call; the holder's stack is taken when it
 * is first seen, and again each time the wait has doubled.
 */
#include "preload/watch/holder/holder.h"

#include <string.h>

#include "preload/languages/languages.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/stack/memory.h"
#include "preload/watch/calls/totals.h"
#include "preload/watch/holder/deadlock.h"
#include "preload/watch/holder/other_end.h"
#include "preload/watch/holder/waits_for.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/kernel/syscall_names.h"
#include "preload/watch/samples/snapshot.h"

/* The call that the thread is in, and how long. */
struct place {
    const char *call;
    uint64_t key;  /* tells it from other calls of the iteration */
    uint64_t span; /* ticks */
    struct sw_waits_for waits;
};

void sw_holder_forget(struct sw_watch *watch)
{
    if (watch->held != NULL)
        watch->held->key = 0;
}

/* A wait for the lock of a language: many short ones, which are one to whoever asks who has it. */
static bool find_turn(const struct sw_thread *thread, const struct sw_note *note,
                      struct place *place)
{
    if (sw_call_info(note->id)->detail != SW_DETAIL_CONDITION ||
        !sw_languages_is_lock(note->argument[0]))
        return false;
    struct sw_call_slot *slot = sw_call_slot_of((struct sw_thread *)thread, note->id);
    place->key = note->argument[0];
    place->span += slot != NULL ? sw_totals_turns(slot) : 0;
    place->waits.kind = SW_WAITS_FOR_TURN;
    place->waits.address = note->argument[0];
    place->waits.tid = sw_languages_lock_holder(thread->tid);
    return true;
}

/* A wrapped call, by its note; the note is believed if it is the same before and after. */
static bool find_noted(struct sw_thread *thread, uint64_t now, struct place *place)
{
    uint32_t sequence = atomic_load(&thread->sequence);
    if (!(sequence & 1))
        return false;
    struct sw_note note = thread->note;
    struct sw_syscall_view view;
    sw_account_syscall(thread->tid, &view);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&thread->sequence) != sequence || note.is_wait || note.id >= SW_CALL_COUNT)
        return false;
    place->call = sw_call_info(note.id)->name;
    place->key = note.entered;
    place->span = now > note.entered ? now - note.entered : 0;
    if (find_turn(thread, &note, place))
        return true;
    sw_waits_for(place->call, note.argument, &view, &place->waits);
    return true;
}

/* A system call that no wrapper noted: it has a name once it has been seen at two looks. */
static bool find_unnoted(const struct sw_watch *watch, const struct sw_syscall_view *view,
                         struct place *place)
{
    const char *name = sw_syscall_name(view->number);
    if (!view->known || view->running || name == NULL)
        return false;
    for (unsigned i = 0; i < SW_WATCH_OUTSIDE; i++)
        if (watch->outside[i].total != 0 && watch->outside[i].number == view->number)
            place->span = watch->outside[i].total;
    place->call = name;
    place->key = view->sp;
    sw_waits_for(NULL, NULL, view, &place->waits);
    return place->span != 0;
}

/* Who holds it now; of a thread the name is not known yet. */
struct found {
    int tid;
    char name[17];
};

/* The holder, if there is such a thread or process. A loop inside of the loop that waits in the
 * very iteration in which a child was made waits for that child: so do execSync and its kin. */
static bool find_holder(int own_tid, uint64_t age_ns, const struct sw_waits_for *waits,
                        struct sw_held *held, struct found *found)
{
    int *tid = &found->tid;
    *tid = waits->tid;
    switch (waits->kind) {
    case SW_WAITS_FOR_MUTEX:
    case SW_WAITS_FOR_RWLOCK:
        held->what = waits->kind == SW_WAITS_FOR_MUTEX ? SW_HOLDER_MUTEX : SW_HOLDER_RWLOCK;
        return *tid != 0 && *tid != own_tid &&
               (sw_account_alive(*tid) ||
                (waits->shared && sw_account_process_name(*tid, found->name)));
    case SW_WAITS_FOR_TURN:
        held->what = SW_HOLDER_GIL;
        return *tid != 0 && *tid != own_tid && sw_account_alive(*tid);
    case SW_WAITS_FOR_THREAD:
        held->what = SW_HOLDER_THREAD;
        return *tid != 0 && *tid != own_tid && sw_account_alive(*tid);
    case SW_WAITS_FOR_PROCESS:
    case SW_WAITS_FOR_CHILDREN:
        held->what = SW_HOLDER_PROCESS;
        if (waits->kind == SW_WAITS_FOR_CHILDREN)
            *tid = sw_other_end_only_child();
        return *tid > 0 && sw_account_process_name(*tid, found->name);
    case SW_WAITS_FOR_EVENTS:
        held->what = SW_HOLDER_PROCESS;
        *tid = sw_other_end_young_child(own_tid, waits->fd, age_ns);
        return *tid > 0 && sw_account_process_name(*tid, found->name);
    case SW_WAITS_FOR_DESCRIPTOR:
        held->what = SW_HOLDER_PROCESS;
        *tid = held->tid;
        if (*tid == 0 && held->span >= 2 * held->searched_span) {
            *tid = sw_other_end_of(waits->fd);
            held->searched_span = held->span;
        }
        return *tid > 0 && sw_account_process_name(*tid, found->name);
    default:
        return false;
    }
}

/* A new stack of the holder, where one can be had without harm. A thread that has no record is
 * asked only if it has gone into no blocking call since the look before. */
static void sample_holder(struct sw_held *held)
{
    uint64_t switches = 0;
    bool known = sw_account_switches(held->tid, &switches);
    bool quiet = known && switches == held->switches;
    held->switches = switches;
    if (sw_held_has_stack(held) && held->span < 2 * held->sampled_span)
        return;
    static struct sw_sample fresh;
    if ((sw_snapshot_take_other(held->tid, quiet, &held->bounds, &fresh) != 0 ||
         fresh.stack.count == 0) &&
        !sw_snapshot_take_language(held->tid, &fresh))
        return;
    held->sample = fresh;
    held->sampled_span = held->span;
}

static void forget_holder(struct sw_held *held)
{
    held->tid = 0;
    held->name[0] = held->command[0] = '\0';
    held->sample.stack.count = held->sample.language.count = 0;
    held->sampled_span = 0;
    held->switches = UINT64_MAX;
    memset(&held->bounds, 0, sizeof held->bounds);
}

static void begin_call(struct sw_held *held, const struct place *place)
{
    forget_holder(held);
    held->key = place->key;
    held->call = place->call;
    held->searched_span = 0;
    held->deadlock[0] = '\0';
}

/* One that has ended and was not waited for yet has no command line any more (proc(5)). */
static void note_command(struct sw_held *held)
{
    static char command[SW_HELD_COMMAND];
    sw_account_process_command(held->tid, command, sizeof command);
    if (command[0] != '\0')
        memcpy(held->command, command, sizeof held->command);
}

static void update(struct sw_thread *thread, struct sw_held *held, const struct sw_waits_for *waits,
                   uint64_t age_ns)
{
    struct found found = {0, ""};
    if (!find_holder(thread->tid, age_ns, waits, held, &found)) {
        /* Between two holders, running again, or gone just now: the last one known stays. Another
         * that cannot be told of: none. */
        if (waits->tid != 0 && waits->tid != held->tid)
            forget_holder(held);
    } else {
        if (found.tid != held->tid)
            forget_holder(held);
        held->tid = found.tid;
        if (found.name[0] != '\0')
            memcpy(held->name, found.name, sizeof held->name);
        if (held->what != SW_HOLDER_PROCESS && sw_account_alive(found.tid)) {
            sw_account_name(found.tid, held->name);
            sample_holder(held);
        }
        if (held->what == SW_HOLDER_PROCESS)
            note_command(held);
    }
    struct sw_text text;
    sw_text_init(&text, held->deadlock, sizeof held->deadlock);
    if (waits->tid != 0)
        sw_deadlock_tell(thread->tid, waits, &text);
}

void sw_holder_note(struct sw_thread *thread, struct sw_watch *watch,
                    const struct sw_syscall_view *view, uint64_t now)
{
    struct place place;
    memset(&place, 0, sizeof place);
    sw_memory_forget();
    if (!find_noted(thread, now, &place) && !find_unnoted(watch, view, &place))
        return;
    if (place.waits.kind == SW_WAITS_FOR_NOTHING || place.span == 0)
        return;
    if (watch->held == NULL)
        watch->held = sw_pool_alloc(sizeof *watch->held);
    struct sw_held *held = watch->held;
    /* Of several calls the longest counts. */
    if (held == NULL || (held->key != 0 && held->key != place.key && place.span <= held->span))
        return;
    if (held->key != place.key)
        begin_call(held, &place);
    held->span = place.span;
    update(thread, held, &place.waits,
           sw_clock_ticks_to_ns(now > watch->began ? now - watch->began : 0));
}

const struct sw_held *sw_holder_of(const struct sw_watch *watch, const char *call)
{
    const struct sw_held *held = watch->held;
    bool known = held != NULL && held->key != 0 && call != NULL && strcmp(held->call, call) == 0;
    return known && (held->tid != 0 || held->deadlock[0] != '\0') ? held : NULL;
}
