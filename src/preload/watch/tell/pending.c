/*
 * See pending.h. A ring of reports, of which the first one's questions are with the helper: it
 * answers one conversation at a time (shared->wanted), and those that come later find their files
 * read already.
 */
#include "preload/watch/tell/pending.h"

#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/tell/compose.h"
#include "preload/watch/tell/publish.h"

#define MOST_WAITING SW_POOL_ASIDE
#define WAIT_MS      1500

struct report {
    struct sw_stall stall;
    struct sw_stacks stacks;
    struct sw_arena *arena; /* what both point into */
    bool due;               /* not to be told, only left with the helper */
    bool stale;             /* a due one that something newer has replaced */
};

static struct report ring[MOST_WAITING];
static unsigned first, count;
static bool talking; /* the first one's conversation has begun */

static struct report *report_at(unsigned index)
{
    return &ring[(first + index) % MOST_WAITING];
}

/* What is told by nobody yet, and `last`, unless that is NULL. */
static void leave_due(struct sw_stall *last)
{
    struct sw_stall *stalls[MOST_WAITING + 1];
    unsigned stall_count = 0;
    for (unsigned i = 0; i < count; i++)
        if (!report_at(i)->due)
            stalls[stall_count++] = &report_at(i)->stall;
    if (last != NULL)
        stalls[stall_count++] = last;
    sw_publish_due(stalls, stall_count);
}

/* The first one has waited long enough. */
static void tell_first(void)
{
    struct report *report = report_at(0);
    sw_compose_lines(&report->stall, &report->stacks, report->arena);
    first = (first + 1) % MOST_WAITING;
    count--;
    talking = false;
    if (!report->due) {
        sw_publish_stall(&report->stall, report->stacks.top);
        leave_due(NULL);
    } else if (!report->stale) {
        leave_due(&report->stall);
    }
    sw_pool_give_back(report->arena);
}

/* Puts a report at the end, its memory with it. False: there is no room. */
static bool put_last(const struct sw_stall *stall, const struct sw_stacks *stacks, bool due)
{
    struct sw_arena *arena = count < MOST_WAITING ? sw_pool_set_aside() : NULL;
    if (arena == NULL)
        return false;
    struct report *report = report_at(count++);
    *report = (struct report){.stall = *stall, .stacks = *stacks, .arena = arena, .due = due};
    report->stacks.talk.arena = arena;
    return true;
}

void sw_pending_tell(struct sw_stall *stall, const struct sw_stacks *stacks)
{
    sw_publish_number(stall);
    for (unsigned i = 0; i < count; i++)
        report_at(i)->stale = true;
    if (count == MOST_WAITING)
        tell_first();
    if (!put_last(stall, stacks, false)) {
        sw_publish_stall(stall, stacks->top);
        sw_arena_reset(sw_pool_capture());
    }
    sw_pending_tend();
    if (count > 0)
        leave_due(NULL);
}

void sw_pending_leave_due(struct sw_stall *stall, const struct sw_stacks *stacks, bool asks)
{
    for (unsigned i = 0; i < count; i++)
        report_at(i)->stale = true;
    leave_due(stall);
    if (!asks || count > 0 || !put_last(stall, stacks, true))
        sw_arena_reset(sw_pool_capture());
    sw_pending_tend();
}

/* Goes on with the first one's conversation. False: it is over. */
static bool goes_on(struct report *report, unsigned timeout_ms)
{
    struct sw_helper_talk *talk = &report->stacks.talk;
    if (talk->count == 0)
        return false;
    if (!talking && sw_helper_begin(talk, timeout_ms) != 0)
        return false;
    talking = true;
    return sw_helper_step(talk) == 1;
}

void sw_pending_tend(void)
{
    while (count > 0 && !goes_on(report_at(0), WAIT_MS))
        tell_first();
}

bool sw_pending_waits(struct pollfd *wanted, uint64_t *until)
{
    if (count == 0)
        return false;
    const struct sw_helper_talk *talk = &report_at(0)->stacks.talk;
    uint64_t now = sw_clock_monotonic_ns();
    *wanted = sw_helper_waits_for(talk);
    *until = sw_clock_ticks() +
             (talk->deadline_ns > now ? sw_clock_ns_to_ticks(talk->deadline_ns - now) : 0);
    return true;
}

void sw_pending_finish(unsigned timeout_ms)
{
    uint64_t until = sw_clock_monotonic_ns() + timeout_ms * UINT64_C(1000000);
    while (count > 0) {
        uint64_t now = sw_clock_monotonic_ns();
        if (now >= until || !goes_on(report_at(0), timeout_ms)) {
            tell_first();
            continue;
        }
        struct pollfd wanted = sw_helper_waits_for(&report_at(0)->stacks.talk);
        struct timespec left = {(time_t)((until - now) / 1000000000u),
                                (long)((until - now) % 1000000000u)};
        sw_kernel6(SYS_ppoll, (long)&wanted, 1, (long)&left, 0, 8, 0);
    }
}

void sw_pending_forget(void)
{
    first = count = 0;
    talking = false;
}
