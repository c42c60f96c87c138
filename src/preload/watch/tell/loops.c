/* See loops.h. */
#include "preload/watch/tell/loops.h"

#include <string.h>

#include "preload/notes/clock.h"
#include "preload/notes/loop_histogram.h"
#include "preload/watch/kernel/account.h"
#include "preload/watch/tell/metrics_loops.h"

#define MOST_LOOPS 1024

static struct sw_loop_summary archived[MOST_LOOPS];
static unsigned archived_count;
static char archived_names[MOST_LOOPS][17];
static struct sw_loop_summary listed[MOST_LOOPS];
static char live_names[MOST_LOOPS][17];

void sw_loops_start(void)
{
    archived_count = 0;
}

void sw_loops_figures(const struct sw_thread *thread, const struct sw_loop *loop,
                      struct sw_loop_figures *figures)
{
    memcpy(figures->cells, loop->histogram, sizeof figures->cells);
    figures->busy = loop->busy_total;
    figures->longest = loop->busy_longest;
    uint64_t ended = thread->note.entered;
    bool waits = atomic_load(&loop->busy_since) == 0 && thread->outer == loop;
    if (waits && loop->began != 0 && ended > loop->began) {
        uint64_t last = ended - loop->began;
        figures->cells[sw_histogram_cell(last)]++;
        figures->busy += last;
        figures->longest = last > figures->longest ? last : figures->longest;
    }
    figures->iterations = 0;
    for (unsigned cell = 0; cell < SW_HISTOGRAM_CELLS; cell++)
        figures->iterations += figures->cells[cell];
    /* What was not busy was waiting; the iteration in progress is neither yet. */
    uint64_t until = atomic_load(&loop->busy_since);
    if (until == 0)
        until = sw_clock_ticks();
    uint64_t whole = until > loop->born ? until - loop->born : 0;
    figures->waited = whole > figures->busy ? whole - figures->busy : 0;
}

/* The busy time that `permille` of the iterations did not exceed. */
static uint64_t percentile_ns(const struct sw_loop_figures *figures, unsigned permille)
{
    uint64_t wanted = (figures->iterations * permille + 999) / 1000, seen = 0;
    for (unsigned cell = 0; cell < SW_HISTOGRAM_CELLS; cell++) {
        seen += figures->cells[cell];
        if (seen >= wanted && seen > 0) {
            uint64_t middle = sw_histogram_middle(cell);
            return sw_clock_ticks_to_ns(middle < figures->longest ? middle : figures->longest);
        }
    }
    return 0;
}

static void summarize(const struct sw_thread *thread, const struct sw_loop *loop, char name[17],
                      struct sw_loop_summary *summary)
{
    static struct sw_loop_figures figures;
    sw_loops_figures(thread, loop, &figures);
    memcpy(name, loop->thread_name, sizeof loop->thread_name);
    sw_account_renew_name(thread->tid, name);
    summary->id = loop->id;
    summary->tid = thread->tid;
    summary->thread_name = name;
    summary->wait = sw_call_info(loop->wait_id)->name;
    summary->iterations = figures.iterations;
    summary->busy_ns = sw_clock_ticks_to_ns(figures.busy);
    summary->wait_ns = sw_clock_ticks_to_ns(figures.waited);
    summary->p50_ns = percentile_ns(&figures, 500);
    summary->p90_ns = percentile_ns(&figures, 900);
    summary->p99_ns = percentile_ns(&figures, 990);
    summary->p999_ns = percentile_ns(&figures, 999);
    summary->max_ns = sw_clock_ticks_to_ns(figures.longest);
}

void sw_loops_archive(const struct sw_thread *thread, const struct sw_loop *loop)
{
    if (loop->id == 0)
        return;
    sw_metrics_loop_over(thread, loop);
    if (archived_count == MOST_LOOPS)
        return;
    summarize(thread, loop, archived_names[archived_count], &archived[archived_count]);
    archived_count++;
}

static unsigned insert(unsigned count, const struct sw_loop_summary *summary)
{
    if (count == MOST_LOOPS)
        return count;
    unsigned at = count;
    for (; at > 0 && listed[at - 1].id > summary->id; at--)
        listed[at] = listed[at - 1];
    listed[at] = *summary;
    return count + 1;
}

unsigned sw_loops_summarize(const struct sw_loop_summary **loops)
{
    unsigned count = 0;
    for (unsigned i = 0; i < archived_count; i++)
        count = insert(count, &archived[i]);
    for (unsigned i = 0; i < sw_thread_count(); i++) {
        const struct sw_thread *thread = sw_thread_at(i);
        if (thread == NULL || thread->tid == 0)
            continue;
        for (unsigned j = 0; j < SW_LOOPS_PER_THREAD; j++) {
            const struct sw_loop *loop = &thread->loops[j];
            if (loop->id == 0 || atomic_load(&loop->state) == SW_LOOP_FREE)
                continue;
            if (count == MOST_LOOPS)
                break;
            struct sw_loop_summary summary;
            summarize(thread, loop, live_names[count], &summary);
            count = insert(count, &summary);
        }
    }
    *loops = listed;
    return count;
}
