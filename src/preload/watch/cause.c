/* See cause.h. */
#include "preload/watch/cause.h"

#define NAMED_PERCENT 60
#define LONGEST_FAULT UINT64_C(20000000)
#define ENOUGH_SEEN   2

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool explains(uint64_t part_ns, uint64_t whole_ns)
{
    return part_ns * 100 >= whole_ns * NAMED_PERCENT;
}

uint64_t sw_cause_paging(const struct sw_cause_paging *figures)
{
    bool seen = figures->looks_at_fault * 2 >= figures->looks &&
                figures->looks_at_fault >= (figures->major_faults > 0 ? 1 : ENOUGH_SEEN);
    uint64_t possible = figures->major_faults < UINT64_MAX / LONGEST_FAULT
                            ? figures->major_faults * LONGEST_FAULT
                            : UINT64_MAX;
    if (seen)
        possible = UINT64_MAX;
    else if (figures->disk_ns != 0)
        possible = least(possible, figures->disk_ns);
    return least(possible, figures->unexplained_ns);
}

uint64_t sw_cause_unwatched(const struct sw_cause_unwatched *figures)
{
    uint64_t explained = least(figures->explained_ns, figures->duration_ns);
    uint64_t late = least(figures->lateness_ns, figures->duration_ns - explained);
    return figures->delay_known && figures->delay_ns > late ? figures->delay_ns : late;
}

struct sw_cause_verdict sw_cause_decide(const struct sw_cause_input *input)
{
    uint64_t whole = input->duration_ns;
    uint64_t unwatched = whole > input->accounted_ns ? whole - input->accounted_ns : 0;
    uint64_t starved = input->runqueue_ns + input->stolen_ns + least(input->late_ns, unwatched);
    uint64_t in_calls = input->blocking_ns + input->waiting_ns + input->lock_ns + input->gil_ns;
    /* Time inside a call is the call's, whether it slept or computed. */
    uint64_t cpu = least(input->cpu_ns, whole > in_calls ? whole - in_calls : 0);

    /* What is nobody's fault first: a call that took long because the machine was busy, or the
     * process stopped, is not the program's. */
    const struct sw_cause_verdict candidates[] = {{SW_CAUSE_STOPPED, input->stopped_ns},
                                                  {SW_CAUSE_STARVED, starved},
                                                  {SW_CAUSE_PAGING, input->paging_ns},
                                                  {SW_CAUSE_BLOCKING_CALL, input->blocking_ns},
                                                  {SW_CAUSE_NESTED_WAIT, input->waiting_ns},
                                                  {SW_CAUSE_LOCK, input->lock_ns},
                                                  {SW_CAUSE_GIL, input->gil_ns},
                                                  {SW_CAUSE_CPU, cpu}};
    uint64_t known = 0;
    for (unsigned i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (explains(candidates[i].explained_ns, whole))
            return (struct sw_cause_verdict){candidates[i].cause,
                                             least(candidates[i].explained_ns, whole)};
        known += candidates[i].explained_ns;
    }
    uint64_t innocent = least(starved + input->stopped_ns, whole);
    if (innocent > 0 && whole - innocent < input->threshold_ns)
        return (struct sw_cause_verdict){
            input->stopped_ns > starved ? SW_CAUSE_STOPPED : SW_CAUSE_STARVED, innocent};
    if (known * 2 < whole)
        return (struct sw_cause_verdict){SW_CAUSE_UNKNOWN, 0};
    return (struct sw_cause_verdict){SW_CAUSE_MIXED, least(known, whole)};
}
