/* See totals.h. */
#include "preload/watch/calls/totals.h"

#include <string.h>
#include <sys/syscall.h>

#include "preload/languages/languages.h"
#include "preload/notes/clock.h"
#include "preload/watch/calls/asked.h"
#include "preload/watch/calls/detail.h"
#include "preload/watch/calls/unserved.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/kernel/syscall_names.h"
#include "preload/watch/whose/parks.h"

/* The descriptor or lock that took most of a kind of call; NULL: its kind has none. */
static const struct sw_call_cell *heaviest_cell(const struct sw_call_slot *slot)
{
    const struct sw_call_cell *heaviest = NULL;
    if (sw_call_info(slot->id)->detail > SW_DETAIL_LAST_KEYED)
        return NULL;
    for (int i = 0; i < slot->cells_used && i < SW_CALL_CELLS; i++)
        if (heaviest == NULL || slot->cells[i].total > heaviest->total)
            heaviest = &slot->cells[i];
    return heaviest;
}

/* What was seen of the call that was entered at `entered`, while it went on; NULL: nothing. */
static const char *detail_seen(const struct sw_watch *watch, uint64_t entered)
{
    for (unsigned i = 0; i < SW_WATCH_DETAILS && entered != 0; i++)
        if (watch->details[i].entered == entered)
            return watch->details[i].text;
    return NULL;
}

/* Of the call that took longest, or, where many short ones on another descriptor took more, of
 * that descriptor. */
static void set_detail(const struct sw_watch *watch, const struct sw_call_slot *slot,
                       struct sw_call_total *total)
{
    char buffer[SW_WATCH_DETAIL * 2];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    const struct sw_call_cell *cell = heaviest_cell(slot);
    if (cell != NULL) {
        total->detail_ns = sw_clock_ticks_to_ns(cell->total);
        total->detail_count = cell->count;
    }
    if (cell != NULL && cell->key != slot->key)
        sw_detail_of_cell(&text, slot->id, cell);
    else if (detail_seen(watch, slot->longest_entered) != NULL)
        sw_text_string(&text, detail_seen(watch, slot->longest_entered));
    else
        sw_detail_of_slot(&text, slot->id, slot);
    total->detail = text.length > 0 ? sw_arena_copy(sw_pool_capture(), buffer, text.length) : NULL;
}

static void add_ticks(struct sw_totals *totals, enum sw_call_class class, uint64_t ticks)
{
    if (class == SW_CLASS_WAIT)
        totals->waiting += ticks;
    else if (class == SW_CLASS_LOCK)
        totals->lock += ticks;
    else
        totals->blocking += ticks;
}

uint64_t sw_totals_turns(const struct sw_call_slot *slot)
{
    uint64_t ticks = 0;
    if (slot->id >= SW_CALL_COUNT || sw_call_info(slot->id)->detail != SW_DETAIL_CONDITION)
        return 0;
    for (int i = 0; i < slot->cells_used && i < SW_CALL_CELLS; i++)
        if (sw_languages_is_lock(slot->cells[i].key))
            ticks += slot->cells[i].total;
    return ticks;
}

/* Of the time in locks, this was spent waiting for one's turn. */
static void add_turns(struct sw_totals *totals, uint64_t ticks)
{
    uint64_t of_locks = ticks < totals->lock ? ticks : totals->lock;
    totals->lock -= of_locks;
    totals->gil += of_locks;
}

static void add(struct sw_totals *totals, uint32_t id, const uint64_t argument[3], uint64_t ticks,
                const struct sw_call_total *total)
{
    const struct sw_call_info *info = sw_call_info(id);
    /* A poll or select of no descriptors is a sleep. */
    bool sleeps = info->detail == SW_DETAIL_WAIT && SW_WAIT_DETAIL_COUNT(argument[1]) == 0;
    add_ticks(totals, sleeps ? SW_CLASS_BLOCKING : info->class, ticks);
    totals->calls[totals->count] = *total;
    totals->calls[totals->count].name = info->name;
    totals->calls[totals->count++].total_ns = sw_clock_ticks_to_ns(ticks);
}

static void add_outside(const struct sw_watch *watch, struct sw_totals *totals)
{
    for (unsigned i = 0; i < SW_WATCH_OUTSIDE; i++) {
        const struct sw_outside *outside = &watch->outside[i];
        if (outside->total == 0)
            continue;
        const char *name = sw_syscall_name(outside->number);
        if (name == NULL)
            continue;
        add_ticks(totals, outside->sleeps ? SW_CLASS_BLOCKING : sw_syscall_class(outside->number),
                  outside->total - outside->unserved);
        totals->unserved += outside->unserved;
        const char *detail =
            outside->detail[0] != '\0'
                ? sw_arena_copy(sw_pool_capture(), outside->detail, strlen(outside->detail))
                : NULL;
        totals->calls[totals->count++] =
            (struct sw_call_total){name, detail, sw_clock_ticks_to_ns(outside->total), 0, 0, 0};
    }
}

static void sort(struct sw_totals *totals)
{
    for (unsigned i = 1; i < totals->count; i++) {
        struct sw_call_total moving = totals->calls[i];
        unsigned j = i;
        for (; j > 0 && totals->calls[j - 1].total_ns < moving.total_ns; j--)
            totals->calls[j] = totals->calls[j - 1];
        totals->calls[j] = moving;
    }
}

void sw_totals_of_ended(const struct sw_watch *watch, const struct sw_ended *ended,
                        struct sw_totals *totals)
{
    memset(totals, 0, sizeof *totals);
    for (uint32_t i = 0; i < ended->call_count && i < SW_CALL_SLOTS; i++) {
        const struct sw_call_slot *slot = &ended->calls[i];
        struct sw_call_total total = {.count = slot->count};
        if (slot->count == 0)
            continue;
        set_detail(watch, slot, &total);
        add(totals, slot->id, slot->argument, slot->total, &total);
        add_turns(totals, sw_totals_turns(slot));
        totals->asked_ns += sw_asked_ns(slot);
    }
    for (int class = 0; class < SW_CLASS_COUNT; class ++)
        add_ticks(totals, (enum sw_call_class) class, ended->other[class]);
    if (watch->open)
        add_outside(watch, totals);
    sort(totals);
}

/* What was seen of the call that the thread is in. */
static const char *live_detail(const struct sw_watch *watch, const struct sw_note *note)
{
    const char *seen = detail_seen(watch, note->entered);
    if (seen == NULL || seen[0] == '\0')
        return NULL;
    return sw_arena_copy(sw_pool_capture(), seen, strlen(seen));
}

void sw_totals_live(const struct sw_thread *thread, const struct sw_watch *watch, uint64_t now,
                    struct sw_totals *totals)
{
    memset(totals, 0, sizeof *totals);
    uint32_t stamp = thread->stamp;
    struct sw_note note = thread->note;
    bool inside = (atomic_load(&thread->sequence) & 1) && !note.is_wait && note.id < SW_CALL_COUNT;
    uint64_t so_far = inside && now > note.entered ? now - note.entered : 0;
    bool added = !inside;
    for (unsigned i = 0; i < SW_CALL_SLOTS; i++) {
        struct sw_call_slot slot = thread->calls.slot[i];
        if (slot.stamp != stamp || slot.count == 0 || slot.id >= SW_CALL_COUNT)
            continue;
        sw_parks_take_out(thread, &slot);
        if (slot.count == 0)
            continue;
        bool this_one = inside && note.id == slot.id && !added;
        struct sw_call_total total = {.count = slot.count};
        if (this_one && so_far >= slot.longest)
            total.detail = live_detail(watch, &note);
        if (total.detail == NULL)
            set_detail(watch, &slot, &total);
        total.count += this_one;
        added |= this_one;
        add(totals, slot.id, slot.argument, slot.total + (this_one ? so_far : 0), &total);
        add_turns(totals, sw_totals_turns(&slot));
    }
    if (!added) {
        struct sw_call_total total = {.count = 1, .detail = live_detail(watch, &note)};
        add(totals, note.id, note.argument, so_far, &total);
    }
    if (inside && sw_call_info(note.id)->detail == SW_DETAIL_CONDITION &&
        sw_languages_is_lock(note.argument[0]))
        add_turns(totals, so_far);
    if (thread->calls.stamp == stamp)
        for (int class = 0; class < SW_CLASS_COUNT; class ++)
            add_ticks(totals, (enum sw_call_class) class, thread->calls.other[class]);
    add_outside(watch, totals);
    sort(totals);
}

/* Where to keep what is seen of a call: its place, a free one, or that of the call which was seen
 * for the shortest time. */
static struct sw_watch_detail *detail_place(struct sw_watch *watch, uint64_t entered)
{
    struct sw_watch_detail *place = &watch->details[0];
    for (unsigned i = 0; i < SW_WATCH_DETAILS; i++) {
        struct sw_watch_detail *detail = &watch->details[i];
        if (detail->entered == entered)
            return detail;
        if (detail->seen - detail->entered < place->seen - place->entered || detail->entered == 0)
            place = detail;
    }
    return place;
}

void sw_totals_note_detail(struct sw_thread *thread, struct sw_watch *watch, uint64_t now)
{
    uint32_t sequence = atomic_load(&thread->sequence);
    if (!(sequence & 1) || thread->note.is_wait)
        return;
    struct sw_note note = thread->note;
    if (note.id >= SW_CALL_COUNT)
        return;
    struct sw_watch_detail *place = detail_place(watch, note.entered);
    char buffer[SW_WATCH_DETAIL];
    if (place->entered != note.entered) {
        struct sw_text text;
        sw_text_init(&text, buffer, sizeof buffer);
        sw_detail_of_note(&text, &note);
    }
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&thread->sequence) != sequence)
        return;
    if (place->entered != note.entered)
        memcpy(place->text, buffer, sizeof buffer);
    place->entered = note.entered;
    place->seen = now > note.entered ? now : note.entered;
}

/* Without descriptors these are sleeps: time.sleep of CPython up to 3.10 is a select. */
static bool waits_on_nothing(const struct sw_syscall_view *view)
{
    switch (view->number) {
#if defined(SYS_select)
    case SYS_select:
#endif
    case SYS_pselect6:
        return view->argument[0] == 0;
#if defined(SYS_poll)
    case SYS_poll:
#endif
    case SYS_ppoll:
        return view->argument[1] == 0;
    default:
        return false;
    }
}

static bool is_same_call(const struct sw_syscall_view *one, const struct sw_syscall_view *other)
{
    return one->known && other->known && !one->running && !other->running && one->number >= 0 &&
           one->number == other->number && one->sp == other->sp && one->pc == other->pc;
}

static struct sw_outside *outside_of(struct sw_watch *watch, long number)
{
    unsigned i = 0;
    while (i + 1 < SW_WATCH_OUTSIDE && watch->outside[i].total != 0 &&
           watch->outside[i].number != number)
        i++;
    return &watch->outside[i];
}

void sw_totals_end_outside(struct sw_watch *watch, uint64_t ended)
{
    const struct sw_syscall_view *view = &watch->view;
    if (!view->known || view->running || view->number < 0 || ended <= watch->view_ticks)
        return;
    struct sw_outside *outside = outside_of(watch, view->number);
    if (outside->total == 0 || outside->number != view->number)
        return;
    outside->total += ended - watch->view_ticks;
    if (watch->view_unserved)
        outside->unserved += ended - watch->view_ticks;
}

static void note_outside_detail(struct sw_outside *outside, const struct sw_syscall_view *view,
                                uint64_t since)
{
    struct sw_text text;
    sw_text_init(&text, outside->detail, sizeof outside->detail);
    sw_detail_of_syscall(&text, view, since);
}

void sw_totals_note_outside(struct sw_watch *watch, const struct sw_syscall_view *view,
                            uint64_t now)
{
    bool same = is_same_call(&watch->view, view) && now > watch->view_ticks;
    watch->view_unserved = same && sw_unserved_wait(watch->tid, view);
    if (same) {
        struct sw_outside *outside = outside_of(watch, view->number);
        if (outside->total == 0)
            note_outside_detail(outside, view, watch->view_since);
        if (outside->total == 0 || outside->number == view->number) {
            outside->number = view->number;
            outside->sleeps = waits_on_nothing(view);
            outside->total += now - watch->view_ticks;
            if (watch->view_unserved)
                outside->unserved += now - watch->view_ticks;
        }
    } else
        watch->view_since = watch->view.known ? watch->view_ticks : watch->began;
    watch->view = *view;
    watch->view_ticks = now;
}
