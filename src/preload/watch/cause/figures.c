/* See figures.h. */
#include "preload/watch/cause/figures.h"

#include "preload/notes/clock.h"
#include "preload/watch/cause/cause.h"
#include "preload/watch/cause/lateness.h"
#include "preload/watch/kernel/scarcity.h"

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void fill_times(struct sw_stall *stall, const struct sw_watch *watch)
{
    const struct sw_reading *first = &watch->first, *last = &watch->last;
    if (!watch->open || !first->valid || !last->valid)
        return;
    uint64_t span = sw_clock_ticks_to_ns(minus(last->ticks, first->ticks));
    uint64_t cpu = minus(last->cpu_ns, first->cpu_ns);
    uint64_t delay = minus(last->runqueue_ns, first->runqueue_ns);
    if (span > stall->duration_ns)
        span = stall->duration_ns;
    /* The three clocks are not read at one instant: what is too much is taken from the last. */
    if (cpu > span)
        cpu = span;
    if (delay > span - cpu)
        delay = span - cpu;
    stall->runqueue_known = first->runqueue_known && last->runqueue_known;
    stall->accounted_ns = span;
    stall->cpu_ns = cpu;
    stall->runqueue_ns = stall->runqueue_known ? delay : 0;
    stall->blocked_ns = span - stall->cpu_ns - stall->runqueue_ns;
    stall->major_faults = minus(last->major_faults, first->major_faults);
    stall->minor_faults = minus(last->minor_faults, first->minor_faults);
}

/* What can be said of the time that nobody watched. */
struct unwatched {
    uint64_t lateness_ns; /* the watchdog itself did not get a CPU */
    bool delay_known;
    uint64_t delay_ns; /* the thread was ready and did not get one */
    uint64_t cpu_ns;   /* after the last look */
};

/* Time blocked in the accounted part, in no call that is known. */
static uint64_t unexplained_ns(const struct sw_cause_input *figures, const struct sw_stall *stall)
{
    return minus(stall->blocked_ns, figures->blocking_ns + figures->waiting_ns + figures->lock_ns +
                                        figures->gil_ns + figures->unserved_ns);
}

/* A thread that was ready at the last look and got no CPU until later: the kernel counts that time
 * when it is over (sched_info_arrive), and until then it looks like time blocked nowhere. */
static void add_pending_delay(const struct sw_watch *watch, const struct sw_reading *now,
                              const struct sw_cause_input *figures, struct sw_stall *stall)
{
    if (!watch->open || !watch->last.valid || watch->last.state != 'R' || !stall->runqueue_known ||
        !now->valid)
        return;
    uint64_t pending =
        least(minus(now->runqueue_ns, watch->last.runqueue_ns), unexplained_ns(figures, stall));
    stall->runqueue_ns += pending;
    stall->blocked_ns -= pending;
}

/* What the kernel says of the thread by now may include what came before and after the iteration.
 */
static struct unwatched unwatched_at(const struct sw_iteration_end *end, uint64_t began,
                                     const struct sw_reading *now)
{
    struct sw_watch *watch = end->watch;
    struct unwatched result = {
        .lateness_ns = sw_clock_ticks_to_ns(sw_lateness_within(SW_LATENESS_BUSY, began, end->now))};
    bool watched = watch->open && watch->first.valid && watch->last.valid;
    if (!now->valid)
        return result;
    watch->known = *now;
    if (now->runqueue_known && watch->before.valid) {
        result.delay_known = true;
        result.delay_ns = minus(now->runqueue_ns, watch->before.runqueue_ns);
        if (watched)
            result.delay_ns =
                minus(result.delay_ns, minus(watch->last.runqueue_ns, watch->first.runqueue_ns));
    }
    if (watched && end->now > watch->last.ticks) {
        uint64_t rest = sw_clock_ticks_to_ns(end->now - watch->last.ticks);
        uint64_t cpu = minus(now->cpu_ns, watch->last.cpu_ns);
        result.cpu_ns = cpu < rest ? cpu : rest;
    }
    return result;
}

static uint64_t paging_ns(const struct sw_watch *watch, const struct sw_cause_input *figures,
                          const struct sw_stall *stall)
{
    struct sw_cause_paging paging = {
        .unexplained_ns = unexplained_ns(figures, stall),
        .major_faults = stall->major_faults,
        .disk_ns = minus(watch->last.disk_ns, watch->first.disk_ns),
        .looks = watch->looks,
        .looks_at_fault = watch->looks_at_fault,
    };
    return watch->open ? sw_cause_paging(&paging) : 0;
}

static void keep_figures(const struct sw_cause_input *figures, uint64_t throttled_ns,
                         struct sw_stall *stall)
{
    uint64_t whole = stall->duration_ns;
    uint64_t in_calls =
        figures->blocking_ns + figures->waiting_ns + figures->lock_ns + figures->gil_ns;
    uint64_t starved = figures->runqueue_ns + figures->unserved_ns + figures->stolen_ns +
                       least(figures->late_ns, minus(whole, figures->accounted_ns));
    stall->figures = (struct sw_stall_figures){
        .blocking_ns = least(figures->blocking_ns, whole),
        .waiting_ns = least(figures->waiting_ns, whole),
        .lock_ns = least(figures->lock_ns, whole),
        .gil_ns = least(figures->gil_ns, whole),
        .cpu_ns = least(figures->cpu_ns, minus(whole, in_calls)),
        .starved_ns = least(starved, whole),
        .throttled_ns = least(throttled_ns, least(starved, whole)),
        .stolen_ns = figures->stolen_ns,
        .paging_ns = figures->paging_ns,
        .stopped_ns = least(figures->stopped_ns, whole),
    };
}

static void decide_cause(const struct sw_iteration_end *end, const struct sw_totals *totals,
                         uint64_t began, struct sw_stall *stall)
{
    struct sw_reading now;
    sw_account_read(end->thread->tid, &now);
    struct unwatched unwatched = unwatched_at(end, began, &now);
    struct sw_cause_input figures = {
        .duration_ns = stall->duration_ns,
        .threshold_ns = stall->threshold_ns,
        .blocking_ns = sw_clock_ticks_to_ns(totals->blocking),
        .waiting_ns = sw_clock_ticks_to_ns(totals->waiting),
        .lock_ns = sw_clock_ticks_to_ns(totals->lock),
        .gil_ns = sw_clock_ticks_to_ns(totals->gil),
        .unserved_ns = least(sw_clock_ticks_to_ns(totals->unserved), stall->blocked_ns),
        .cpu_ns = stall->cpu_ns + unwatched.cpu_ns,
        .accounted_ns = stall->accounted_ns,
        .stopped_ns =
            sw_clock_ticks_to_ns(sw_lateness_within(SW_LATENESS_STOPPED, began, end->now)),
    };
    figures.late_ns = sw_cause_unwatched(&(struct sw_cause_unwatched){
        .duration_ns = stall->duration_ns,
        .explained_ns = figures.blocking_ns + figures.waiting_ns + figures.gil_ns +
                        figures.unserved_ns + figures.cpu_ns,
        .lock_ns = figures.lock_ns,
        .asked_ns = totals->asked_ns,
        .seen = figures.accounted_ns > 0,
        .lateness_ns = unwatched.lateness_ns,
        .delay_known = unwatched.delay_known,
        .delay_ns = unwatched.delay_ns,
    });
    add_pending_delay(end->watch, &now, &figures, stall);
    figures.runqueue_ns = stall->runqueue_ns;
    uint64_t throttled_ns, stolen_ns;
    sw_scarcity_note(sw_clock_ticks());
    sw_scarcity_within(began, end->now, &throttled_ns, &stolen_ns);
    figures.paging_ns = paging_ns(end->watch, &figures, stall);
    /* A CPU that the hypervisor took looks like a thread that is blocked nowhere, and to the
     * watchdog, whose timer did not run either, like a stop. */
    figures.stopped_ns = minus(figures.stopped_ns, stolen_ns);
    /* Nor does a thread that has stopped run, or wait for a CPU. */
    figures.stopped_ns =
        least(figures.stopped_ns, minus(stall->duration_ns, figures.cpu_ns + figures.runqueue_ns));
    figures.stolen_ns = least(stolen_ns, minus(unexplained_ns(&figures, stall), figures.paging_ns));
    struct sw_cause_verdict verdict = sw_cause_decide(&figures);
    stall->cause = verdict.cause;
    stall->cause_ns = verdict.explained_ns;
    keep_figures(&figures, throttled_ns, stall);
}

void sw_figures_fill(const struct sw_iteration_end *end, const struct sw_totals *totals,
                     uint64_t began, struct sw_stall *stall)
{
    fill_times(stall, end->watch);
    decide_cause(end, totals, began, stall);
}
