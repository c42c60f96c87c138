/* See cause.h. */
#include "preload/watch/cause/cause.h"

#include <stddef.h>

#define NAMED_PERCENT 60
#define MUCH_PERCENT  25
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LONGEST_FAULT UINT64_C(20000000)
#define ENOUGH_SEEN   2

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool is_part(uint64_t part_ns, uint64_t whole_ns, unsigned percent)
{
    return part_ns * 100 >= whole_ns * percent;
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
    uint64_t known = figures->explained_ns + (figures->seen ? figures->lock_ns : 0);
    uint64_t explained = least(known, figures->duration_ns);
    uint64_t late = least(figures->lateness_ns, figures->duration_ns - explained);
    uint64_t asleep = least(figures->asked_ns, figures->duration_ns);
    uint64_t delay =
        figures->delay_known ? least(figures->delay_ns, figures->duration_ns - asleep) : 0;
    return delay > late ? delay : late;
}

/* The first of them that explains enough of `whole`; NULL: none. */
static const struct sw_cause_verdict *named(const struct sw_cause_verdict *causes, unsigned count,
                                            uint64_t whole)
{
    for (unsigned i = 0; i < count; i++)
        if (is_part(causes[i].explained_ns, whole, NAMED_PERCENT))
            return &causes[i];
    return NULL;
}

static const struct sw_cause_verdict *longest(const struct sw_cause_verdict *causes, unsigned count)
{
    const struct sw_cause_verdict *found = &causes[0];
    for (unsigned i = 1; i < count; i++)
        if (causes[i].explained_ns > found->explained_ns)
            found = &causes[i];
    return found;
}

struct sw_cause_verdict sw_cause_decide(const struct sw_cause_input *input)
{
    uint64_t whole = input->duration_ns;
    uint64_t unwatched = whole > input->accounted_ns ? whole - input->accounted_ns : 0;
    uint64_t starved = input->runqueue_ns + input->unserved_ns + input->stolen_ns +
                       least(input->late_ns, unwatched);
    uint64_t in_calls = input->blocking_ns + input->waiting_ns + input->lock_ns + input->gil_ns;
    /* Time inside a call is the call's, whether it slept or computed. */
    uint64_t cpu = least(input->cpu_ns, whole > in_calls ? whole - in_calls : 0);
    const struct sw_cause_verdict nobodys[] = {{SW_CAUSE_STOPPED, input->stopped_ns},
                                               {SW_CAUSE_STARVED, starved},
                                               {SW_CAUSE_PAGING, input->paging_ns}};
    const struct sw_cause_verdict others[] = {{SW_CAUSE_BLOCKING_CALL, input->blocking_ns},
                                              {SW_CAUSE_NESTED_WAIT, input->waiting_ns},
                                              {SW_CAUSE_LOCK, input->lock_ns},
                                              {SW_CAUSE_GIL, input->gil_ns},
                                              {SW_CAUSE_CPU, cpu}};

    /* What is nobody's fault first: a call that took long because the machine was busy, or the
     * process stopped, is not the program's. Nor is one that would have been no stall without, nor
     * what several of these explain together. */
    const struct sw_cause_verdict *cause = named(nobodys, LENGTH(nobodys), whole);
    uint64_t innocent = least(starved + input->stopped_ns, whole);
    bool only_by_it = innocent > 0 && whole - innocent < input->threshold_ns;
    if (cause == NULL && !(only_by_it && is_part(innocent, whole, MUCH_PERCENT)))
        cause = named(others, LENGTH(others), whole);
    if (cause != NULL)
        return (struct sw_cause_verdict){cause->cause, least(cause->explained_ns, whole)};
    if (only_by_it)
        return (struct sw_cause_verdict){nobodys[input->stopped_ns > starved ? 0 : 1].cause,
                                         innocent};
    uint64_t known = least(innocent + input->paging_ns, whole);
    if (is_part(known, whole, NAMED_PERCENT))
        return (struct sw_cause_verdict){longest(nobodys, LENGTH(nobodys))->cause, known};
    for (unsigned i = 0; i < LENGTH(others); i++)
        known += others[i].explained_ns;
    if (known * 2 < whole)
        return (struct sw_cause_verdict){SW_CAUSE_UNKNOWN, 0};
    return (struct sw_cause_verdict){SW_CAUSE_MIXED, least(known, whole)};
}
