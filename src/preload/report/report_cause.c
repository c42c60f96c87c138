/*
 * Why a loop stalled, as the text report says it: one sentence with the figures that it rests on.
 * See report_parts.h.
 *
 * Called by report_text.c on the watchdog thread.
 */
#include <string.h>

#include "preload/report/report_parts.h"

#define WORTH_NAMING 20 /* a part of the stall this small is not listed */

static bool is_path(const char *detail)
{
    return detail[0] == '/' || detail[0] == '.';
}

/* A path stands in quotes, so that one with spaces in it is still one thing. */
static void write_detail(struct sw_text *text, const char *detail)
{
    const char *quote = is_path(detail) ? "\"" : "";
    sw_text_string(text, quote);
    sw_report_name(text, detail);
    sw_text_string(text, quote);
}

void sw_report_call(struct sw_text *text, const struct sw_call_total *call)
{
    sw_report_name(text, call->name);
    if (call->detail != NULL && call->count < 2) {
        sw_text_char(text, '(');
        write_detail(text, call->detail);
        sw_text_char(text, ')');
    }
    if (call->count > 1) {
        sw_text_string(text, " × ");
        sw_text_unsigned(text, call->count);
    }
}

static void write_of(struct sw_text *text, uint64_t part_ns, uint64_t all_ns)
{
    sw_report_ms(text, part_ns);
    sw_text_string(text, " of ");
    sw_report_ms(text, all_ns);
}

/* Which file or peer took most of many calls. */
static void write_most(struct sw_text *text, const struct sw_call_total *call)
{
    if (call->detail == NULL)
        return;
    sw_text_string(text, call->detail_ns == 0 ? "; the longest: " : "; most of it: ");
    write_detail(text, call->detail);
    if (call->detail_ns == 0 || call->detail_count == call->count)
        return;
    sw_text_string(text, " × ");
    sw_text_unsigned(text, call->detail_count);
    sw_text_string(text, ", ");
    sw_report_ms(text, call->detail_ns);
}

/* `read × 900, 372.0 ms of 401.0 ms; most of it: "/x" × 800, 350.0 ms` */
static void write_many(struct sw_text *text, const struct sw_stall *stall)
{
    const struct sw_call_total *call = &stall->calls[0];
    sw_report_call(text, call);
    sw_text_string(text, stall->cause == SW_CAUSE_NESTED_WAIT ? " inside a callback, " : ", ");
    write_of(text, call->total_ns, stall->duration_ns);
    write_most(text, call);
}

/* For the causes that are calls. */
static void write_held(struct sw_text *text, const struct sw_stall *stall)
{
    const struct sw_call_total *call = &stall->calls[0];
    if (stall->call_count == 0 || !stall->call_named) {
        sw_text_string(text, stall->cause == SW_CAUSE_LOCK ? "waiting for locks" : "many calls");
        sw_text_string(text, " held the loop for ");
        write_of(text, stall->cause_ns, stall->duration_ns);
        return;
    }
    if (call->count > 1) {
        write_many(text, stall);
    } else {
        sw_report_call(text, call);
        sw_text_string(text, stall->cause == SW_CAUSE_NESTED_WAIT ? " inside a callback" : "");
        sw_text_string(text, " held the loop for ");
        sw_report_ms(text, call->total_ns);
    }
    if (stall->call_count > 1 && stall->cause_ns > call->total_ns + call->total_ns / 10) {
        sw_text_string(text, ", with other calls ");
        sw_report_ms(text, stall->cause_ns);
    }
}

static void write_cpu(struct sw_text *text, const struct sw_stall *stall)
{
    sw_text_string(text, "computed for ");
    write_of(text, stall->cause_ns != 0 ? stall->cause_ns : stall->cpu_ns, stall->duration_ns);
    if (stall->events > 1) {
        sw_text_string(text, ", handling ");
        sw_text_unsigned(text, stall->events);
        sw_text_string(text, " events");
    }
}

/* What took the CPU away, where the kernel tells. */
static void write_takers(struct sw_text *text, const struct sw_stall_figures *figures)
{
    if (figures->throttled_ns != 0) {
        sw_text_string(text, ", cgroup throttled ");
        sw_report_ms(text, figures->throttled_ns);
    }
    if (figures->stolen_ns != 0) {
        sw_text_string(text, ", stolen by the hypervisor ");
        sw_report_ms(text, figures->stolen_ns);
    }
}

static void write_starved(struct sw_text *text, const struct sw_stall *stall)
{
    sw_text_string(text, "waited ");
    sw_report_ms(text, stall->cause_ns);
    sw_text_string(text, " for a CPU (of ");
    sw_report_ms(text, stall->duration_ns);
    sw_text_char(text, ')');
    write_takers(text, &stall->figures);
}

static void write_paging(struct sw_text *text, const struct sw_stall *stall)
{
    if (stall->major_faults != 0) {
        sw_text_unsigned(text, stall->major_faults);
        sw_text_string(text, stall->major_faults == 1 ? " major fault, " : " major faults, ");
    }
    sw_text_string(text, "waited for memory to be read in for ");
    write_of(text, stall->cause_ns, stall->duration_ns);
}

/* The parts of a stall that nothing alone explains, but for those too small to matter. */
static void write_parts(struct sw_text *text, const struct sw_stall *stall)
{
    const struct sw_stall_figures *figures = &stall->figures;
    const struct {
        uint64_t ns;
        const char *what;
    } parts[] = {{figures->cpu_ns, "computed "},         {figures->blocking_ns, "blocking calls "},
                 {figures->waiting_ns, "nested waits "}, {figures->lock_ns, "locks "},
                 {figures->paging_ns, "paging "},        {figures->starved_ns, "waited for a CPU "},
                 {figures->stopped_ns, "stopped "}};
    bool first = true;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].ns * WORTH_NAMING < stall->duration_ns)
            continue;
        sw_text_string(text, first ? "" : ", ");
        sw_text_string(text, parts[i].what);
        sw_report_ms(text, parts[i].ns);
        first = false;
    }
    if (first) {
        sw_text_string(text, "nothing alone explains most of it");
        return;
    }
    sw_text_string(text, " of ");
    sw_report_ms(text, stall->duration_ns);
}

static void write_mixed(struct sw_text *text, const struct sw_stall *stall)
{
    write_parts(text, stall);
    write_takers(text, &stall->figures);
    if (stall->call_count == 0 || !stall->call_named)
        return;
    sw_text_string(text, "; longest: ");
    sw_report_call(text, &stall->calls[0]);
    sw_text_char(text, ' ');
    sw_report_ms(text, stall->calls[0].total_ns);
}

static void write_unknown(struct sw_text *text, const struct sw_stall *stall)
{
    /* Blocked in what no wrapper noted and no two looks found. */
    if (stall->blocked_ns * 2 >= stall->duration_ns) {
        sw_text_string(text, "blocked for ");
        write_of(text, stall->blocked_ns, stall->duration_ns);
        sw_text_string(text, ", in no call that was seen");
        return;
    }
    sw_text_string(text, "only ");
    write_of(text, stall->accounted_ns, stall->duration_ns);
    sw_text_string(text, " could be accounted for");
}

void sw_report_cause_text(struct sw_text *text, const struct sw_stall *stall)
{
    switch (stall->cause) {
    case SW_CAUSE_BLOCKING_CALL:
    case SW_CAUSE_NESTED_WAIT:
    case SW_CAUSE_LOCK:
        write_held(text, stall);
        break;
    case SW_CAUSE_CPU:
        write_cpu(text, stall);
        break;
    case SW_CAUSE_STARVED:
        write_starved(text, stall);
        break;
    case SW_CAUSE_PAGING:
        write_paging(text, stall);
        break;
    case SW_CAUSE_STOPPED:
        sw_text_string(text, "the whole process stood still for ");
        write_of(text, stall->cause_ns, stall->duration_ns);
        break;
    case SW_CAUSE_GIL:
        sw_text_string(text, "another thread held Python's lock for ");
        write_of(text, stall->cause_ns, stall->duration_ns);
        break;
    case SW_CAUSE_MIXED:
        write_mixed(text, stall);
        break;
    default: /* unknown, and what no cause is */
        write_unknown(text, stall);
        break;
    }
}
