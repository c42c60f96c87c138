/*
 * See pool_tell.h. A full pool goes out the way a stall does (pending.h, publish.h): its frames are
 * looked up by the helper, and reports are limited alike. What it lacks of a stall is left empty.
 */
#include "preload/watch/pools/pool_tell.h"

#include <string.h>
#include <sys/mman.h>

#include "common/kernel.h"
#include "preload/notes/clock.h"
#include "preload/notes/process.h"
#include "preload/watch/kept/memory_pool.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/samples/snapshot.h"
#include "preload/watch/samples/stacks.h"
#include "preload/watch/tell/pending.h"
#include "preload/watch/tell/publish.h"

#define MOST_SAMPLES 64
#define ASKED_A_LOOK 4 /* threads at one look: a loop may want the watchdog meanwhile */

void sw_pool_tell_begin(struct sw_pool_told *told)
{
    told->id = 0;
    told->count = told->next = 0;
    memset(told->has_stack, 0, sizeof told->has_stack);
    memset(told->switches, 0xff, sizeof told->switches);
    told->next_ongoing_ns = sw_process_settings.ongoing_ns > sw_process_settings.threshold_ns
                                ? sw_process_settings.ongoing_ns
                                : sw_process_settings.threshold_ns;
}

static bool have_room(struct sw_pool_told *told)
{
    if (told->samples != NULL)
        return true;
    long address =
        sw_kernel6(SYS_mmap, 0, MOST_SAMPLES * sizeof *told->samples, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address < 0 && address > -4096)
        return false;
    told->samples = (struct sw_sample *)address;
    return true;
}

/* One that runs is asked by a signal only if it has gone into no blocking call since it was asked
 * before (snapshot.h). */
static bool sample(struct sw_pool_told *told, unsigned index, int tid)
{
    struct sw_stack_bounds bounds = {0};
    uint64_t before = told->switches[index];
    bool quiet =
        sw_account_switches(tid, &told->switches[index]) && before == told->switches[index];
    struct sw_sample *fresh = &told->samples[told->count];
    if ((sw_snapshot_take_blocked(tid, fresh) != 0 &&
         sw_snapshot_take_other(tid, quiet, &bounds, fresh) != 0) ||
        fresh->stack.count == 0)
        return false;
    fresh->weight = 1;
    fresh->at_ns = 0;
    told->count++;
    return true;
}

void sw_pool_tell_sample(struct sw_pool_told *told, const struct sw_pool_view *view)
{
    unsigned asked = 0;
    for (unsigned i = 0; i < view->count && asked < ASKED_A_LOOK; i++) {
        unsigned index = told->next++ % view->count;
        if (told->count == MOST_SAMPLES || !have_room(told))
            return;
        if (told->has_stack[index])
            continue;
        asked++;
        told->has_stack[index] = sample(told, index, view->worker[index].tid);
    }
}

/* Its strings are to live as long as the report: in the capture's arena. */
static const struct sw_pool_full *describe(const struct sw_pool_view *view)
{
    struct sw_arena *arena = sw_pool_capture();
    struct sw_pool_full *full = sw_arena_alloc(arena, sizeof *full);
    if (full == NULL)
        return NULL;
    full->name = sw_arena_copy(arena, view->name, strlen(view->name));
    full->threads = full->busy = view->count;
    return full;
}

void sw_pool_tell(struct sw_pool_told *told, const struct sw_pool_view *view, uint64_t age_ns,
                  enum sw_stall_state state)
{
    static struct sw_watch samples;
    struct sw_stall stall;
    struct sw_stacks stacks;
    memset(&stall, 0, sizeof stall);
    samples.samples = told->samples;
    samples.sample_count = told->count;
    sw_stacks_build(&samples, NULL, NULL, NULL, sw_publish_process_info()->program, view->name,
                    &stacks);
    stall.id = told->id;
    stall.state = state;
    stall.duration_ns = age_ns;
    stall.threshold_ns = sw_process_settings.threshold_ns;
    stall.began_realtime_ns = sw_clock_realtime_ns() - age_ns;
    stall.pool = describe(view);
    stall.hint = view->hint;
    stall.stack_count = stacks.count;
    stall.stacks = stacks.stacks;
    if (stall.pool == NULL)
        return;
    sw_pending_tell(&stall, &stacks);
    told->id = stall.id;
    while (told->next_ongoing_ns <= age_ns)
        told->next_ongoing_ns *= 2;
}
