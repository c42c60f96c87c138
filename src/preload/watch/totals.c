/* See totals.h. */
#include "preload/watch/totals.h"

#include <string.h>
#include <sys/syscall.h>

#include "preload/notes/clock.h"
#include "preload/watch/detail.h"
#include "preload/watch/memory_pool.h"
#include "preload/watch/syscall_names.h"

static const char *detail_text(const struct sw_watch *watch, uint32_t id,
                               const struct sw_call_slot *slot)
{
    char buffer[SW_WATCH_DETAIL * 2];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    if (watch->detail_entered != 0 && watch->detail_entered == slot->longest_entered)
        sw_text_string(&text, watch->detail);
    else
        sw_detail_of_slot(&text, id, slot);
    return text.length > 0 ? sw_arena_copy(sw_pool_capture(), buffer, text.length) : NULL;
}

static void add(struct sw_totals *totals, uint32_t id, const uint64_t argument[3],
                const char *detail, uint64_t ticks, uint64_t count)
{
    const struct sw_call_info *info = sw_call_info(id);
    /* A poll or select of no descriptors is a sleep. */
    bool sleeps = info->detail == SW_DETAIL_WAIT && SW_WAIT_DETAIL_COUNT(argument[1]) == 0;
    if (info->class == SW_CLASS_WAIT && !sleeps)
        totals->waiting += ticks;
    else if (info->class == SW_CLASS_LOCK)
        totals->lock += ticks;
    else
        totals->blocking += ticks;
    totals->calls[totals->count++] =
        (struct sw_call_total){info->name, detail, sw_clock_ticks_to_ns(ticks), count};
}

static void add_outside(const struct sw_watch *watch, struct sw_totals *totals)
{
    for (unsigned i = 0; i < SW_WATCH_OUTSIDE; i++) {
        const struct sw_outside *outside = &watch->outside[i];
        if (outside->total == 0)
            continue;
        const struct sw_syscall_name *name = sw_syscall_name(outside->number);
        if (name == NULL)
            continue;
        if (name->class == SW_SYSCALL_WAITS && !outside->sleeps)
            totals->waiting += outside->total;
        else if (name->class == SW_SYSCALL_LOCKS)
            totals->lock += outside->total;
        else
            totals->blocking += outside->total;
        totals->calls[totals->count++] =
            (struct sw_call_total){name->name, NULL, sw_clock_ticks_to_ns(outside->total), 0};
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
    for (uint32_t i = 0; i < ended->call_count && i < SW_CALL_COUNT; i++) {
        const struct sw_call_slot *slot = &ended->calls[i].slot;
        uint32_t id = ended->calls[i].id;
        add(totals, id, slot->argument, detail_text(watch, id, slot), slot->total, slot->count);
    }
    if (watch->open)
        add_outside(watch, totals);
    sort(totals);
}

void sw_totals_live(const struct sw_thread *thread, const struct sw_watch *watch, uint64_t now,
                    struct sw_totals *totals)
{
    memset(totals, 0, sizeof *totals);
    uint32_t stamp = thread->stamp;
    struct sw_note note = thread->note;
    bool inside = (atomic_load(&thread->sequence) & 1) && !note.is_wait && note.id < SW_CALL_COUNT;
    uint64_t so_far = inside && now > note.entered ? now - note.entered : 0;
    for (uint32_t id = 0; id < SW_CALL_COUNT; id++) {
        struct sw_call_slot slot = thread->calls[id];
        bool this_one = inside && note.id == id;
        if (slot.stamp != stamp)
            memset(&slot, 0, sizeof slot);
        if (slot.stamp != stamp && !this_one)
            continue;
        const char *detail =
            this_one && so_far >= slot.longest && watch->detail[0] != '\0'
                ? sw_arena_copy(sw_pool_capture(), watch->detail, strlen(watch->detail))
            : slot.count > 0 ? detail_text(watch, id, &slot)
                             : NULL;
        add(totals, id, slot.count > 0 ? slot.argument : note.argument, detail,
            slot.total + (this_one ? so_far : 0), slot.count + (this_one ? 1 : 0));
    }
    add_outside(watch, totals);
    sort(totals);
}

void sw_totals_note_detail(struct sw_thread *thread, struct sw_watch *watch)
{
    uint32_t sequence = atomic_load(&thread->sequence);
    if (!(sequence & 1) || thread->note.is_wait)
        return;
    struct sw_note note = thread->note;
    if (note.entered == watch->detail_entered || note.id >= SW_CALL_COUNT)
        return;
    char buffer[SW_WATCH_DETAIL];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    sw_detail_of_note(&text, &note);
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&thread->sequence) != sequence)
        return;
    memcpy(watch->detail, buffer, sizeof buffer);
    watch->detail_entered = note.entered;
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

void sw_totals_note_outside(struct sw_watch *watch, const struct sw_syscall_view *view,
                            uint64_t now)
{
    if (is_same_call(&watch->view, view) && now > watch->view_ticks) {
        unsigned i = 0;
        while (i + 1 < SW_WATCH_OUTSIDE && watch->outside[i].total != 0 &&
               watch->outside[i].number != view->number)
            i++;
        struct sw_outside *outside = &watch->outside[i];
        if (outside->total == 0 || outside->number == view->number) {
            outside->number = view->number;
            outside->sleeps = waits_on_nothing(view);
            outside->total += now - watch->view_ticks;
        }
    }
    watch->view = *view;
    watch->view_ticks = now;
}
