/* See merge.h. */
#include "command/merge.h"

#include <stdlib.h>
#include <string.h>

#include "command/complain.h"
#include "command/merge_stacks.h"
#include "command/merge_tracks.h"
#include "command/pending.h"
#include "common/hash.h"

static bool any(const void *value, const void *key)
{
    (void)value;
    (void)key;
    return true;
}

/* Keys that are nothing but their hash. Returns whether it is new. */
static bool note(struct sw_table *table, uint64_t hash)
{
    if (sw_table_find(table, hash, any, NULL) != NULL)
        return false;
    sw_table_add(table, hash, table);
    return true;
}

void sw_baseline_add(struct sw_table *baseline, uint64_t signature)
{
    note(baseline, signature);
}

bool sw_baseline_has(const struct sw_table *baseline, uint64_t signature)
{
    return baseline != NULL && sw_table_find(baseline, signature, any, NULL) != NULL;
}

void sw_merge_start(struct sw_merge *merge)
{
    memset(merge, 0, sizeof *merge);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static const char *program_of(const struct sw_record *record)
{
    return sw_string(record->exe[0] != '\0' ? base_name(record->exe) : record->comm);
}

static struct sw_signature *signature_of(struct sw_merge *merge, const struct sw_record *record)
{
    struct sw_signature *found = sw_table_find(&merge->by_signature, record->signature, any, NULL);
    if (found != NULL)
        return found;
    found = sw_need_memory(calloc(1, sizeof *found));
    found->signature = record->signature;
    found->min_ns = UINT64_MAX;
    found->pool = record->type == SW_RECORD_POOL;
    found->known = sw_baseline_has(merge->baseline, record->signature);
    if (merge->signature_count == merge->signature_room) {
        merge->signature_room = merge->signature_room == 0 ? 64 : merge->signature_room * 2;
        merge->signatures = sw_need_memory(
            realloc(merge->signatures, merge->signature_room * sizeof *merge->signatures));
    }
    merge->signatures[merge->signature_count++] = found;
    sw_table_add(&merge->by_signature, record->signature, found);
    return found;
}

static void widen(const char **first, const char **last, const char *time)
{
    if (time[0] == '\0')
        return;
    if (*first == NULL || strcmp(time, *first) < 0)
        *first = sw_string(time);
    if (*last == NULL || strcmp(time, *last) > 0)
        *last = sw_string(time);
}

static void add_program(struct sw_signature *signature, const char *program)
{
    for (unsigned i = 0; i < signature->program_count; i++)
        if (signature->programs[i] == program)
            return;
    if (signature->program_count < SW_MERGE_PROGRAMS)
        signature->programs[signature->program_count++] = program;
}

static struct sw_record_call keep_call(const struct sw_record_call *call)
{
    return (struct sw_record_call){sw_string(call->name), sw_string(call->detail), call->total_ns,
                                   call->count};
}

static void take_longest(struct sw_signature *signature, const struct sw_record *record)
{
    struct sw_record_call calls[SW_RECORD_CALLS];
    signature->call_count = sw_record_calls(record, calls, SW_RECORD_CALLS);
    for (unsigned i = 0; i < signature->call_count; i++)
        signature->calls[i] = keep_call(&calls[i]);
    signature->max_ns = record->duration_ns;
    signature->cause = record->cause;
    signature->startup = record->startup;
    signature->call = keep_call(&record->call);
    signature->longest_time = sw_string(record->time);
    signature->host = sw_string(record->host);
    signature->thread = sw_string(record->thread);
    signature->wait = sw_string(record->wait);
    signature->label = sw_string(record->label);
    signature->pid = record->pid;
    signature->tid = record->tid;
    signature->threshold_ns = record->threshold_ns;
    signature->pool_threads = record->pool_threads;
}

static void take_holder(struct sw_merge *merge, struct sw_signature *signature,
                        const struct sw_record *record)
{
    struct sw_merged_holder *holder = &signature->holder;
    struct sw_record_frame frame;
    if (record->holder.what == NULL || record->duration_ns < signature->max_ns)
        return;
    holder->what = sw_string(record->holder.what);
    holder->name = sw_string(record->holder.name);
    holder->command = sw_string(record->holder.command);
    holder->tid = record->holder.tid;
    holder->count = (unsigned)record->holder.frame_count;
    if (holder->frames == NULL)
        holder->frames = sw_need_memory(calloc(SW_RECORD_FRAMES, sizeof *holder->frames));
    for (unsigned i = 0; i < holder->count; i++) {
        sw_record_holder_frame(record, i, &frame);
        holder->frames[i] = sw_merge_frame(merge, &frame);
    }
}

static void add_figures(struct sw_signature *signature, const struct sw_record *record)
{
    struct sw_record_figure figures[SW_RECORD_FIGURES];
    unsigned count = sw_record_figures(record, figures, SW_RECORD_FIGURES);
    for (unsigned i = 0; i < count; i++) {
        const char *name = sw_string(figures[i].name);
        unsigned at = 0;
        while (at < signature->figure_count && signature->figures[at].name != name)
            at++;
        if (at == SW_RECORD_FIGURES)
            continue;
        signature->figure_count += at == signature->figure_count;
        signature->figures[at].name = name;
        signature->figures[at].ns += figures[i].ns;
    }
}

/* For the rules: the frames of a record's main stack. */
static bool frame_at(const void *context, size_t index, struct sw_suppress_frame *frame)
{
    const struct sw_record *record = context;
    struct sw_record_frame found;
    size_t count = 0;
    if (record->stack_count > 0)
        sw_record_stack(record, 0, &count);
    if (index >= count)
        return false;
    sw_record_frame(record, 0, index, &found);
    frame->function = found.function;
    frame->file = found.file;
    frame->module = found.module;
    return true;
}

static const char *rule_for(struct sw_merge *merge, const struct sw_record *record)
{
    if (merge->suppressions == NULL)
        return NULL;
    struct sw_suppress_facts facts = {
        .call = record->call.name,
        .cause = sw_settings_cause_name(record->cause),
        .thread = record->thread,
        .signature = record->signature,
        .duration_ns = record->duration_ns,
        .frame_at = frame_at,
        .context = record,
    };
    struct sw_suppression *rule = sw_suppressions_match(merge->suppressions, &facts);
    return rule != NULL ? rule->text : NULL;
}

/* Returns whether it counts as a failure. */
static bool count(struct sw_merge *merge, struct sw_signature *signature,
                  const struct sw_record *record)
{
    /* Asked of the rules in any case: they count what they have matched. */
    const char *matched = rule_for(merge, record);
    const char *rule = record->suppressed != NULL ? record->suppressed : matched;
    if (signature->pool)
        merge->pools++;
    else
        merge->stalls++;
    signature->count++;
    if (record->state == SW_RECORD_ONGOING) {
        merge->ongoing++;
        signature->ongoing++;
    }
    if (rule != NULL) {
        merge->suppressed++;
        signature->suppressed++;
        signature->rule = sw_string(rule);
    } else if (record->counted && signature->known) {
        merge->known++;
    } else if (record->counted) {
        merge->counted++;
        signature->counted++;
        return true;
    }
    return false;
}

static void commit(void *context, const struct sw_record *record)
{
    struct sw_merge *merge = context;
    struct sw_signature *signature = signature_of(merge, record);
    const char *program = program_of(record);
    struct sw_track *track = sw_track_take(merge, record, program);
    bool counted = count(merge, signature, record);
    signature->total_ns += record->duration_ns;
    signature->cpu_ns += record->cpu_ns;
    signature->runqueue_ns += record->runqueue_ns;
    signature->blocked_ns += record->blocked_ns;
    if (record->duration_ns < signature->min_ns)
        signature->min_ns = record->duration_ns;
    if (record->duration_ns >= signature->max_ns)
        take_longest(signature, record);
    take_holder(merge, signature, record);
    add_figures(signature, record);
    if (record->hint != NULL)
        signature->hint = sw_string(record->hint);
    add_program(signature, program);
    widen(&signature->first, &signature->last, record->time);
    widen(&merge->first, &merge->last, record->time);
    sw_merge_stacks(merge, signature, record, merge->want_parts ? track : NULL);
    if (merge->want_points)
        sw_track_add_point(track, record, signature, counted);
}

static void note_process(struct sw_merge *merge, const struct sw_record *record)
{
    uint64_t hash = sw_hash_string(SW_HASH_START, record->host);
    if (note(&merge->host_table, sw_hash_finish(hash)))
        merge->hosts++;
    hash = sw_hash_bytes(hash, &record->pid, sizeof record->pid);
    hash = sw_hash_string(hash, record->exe);
    if (note(&merge->process_table, sw_hash_finish(hash)))
        merge->processes++;
}

void sw_merge_record(struct sw_merge *merge, struct sw_record *record)
{
    note_process(merge, record);
    switch (record->type) {
    case SW_RECORD_STALL:
    case SW_RECORD_POOL:
        sw_pending_stall(&merge->pending, record, commit, merge);
        return; /* released there */
    case SW_RECORD_SUMMARY:
        merge->summaries++;
        merge->iterations += record->iterations;
        merge->lines_lost += record->lines_lost;
        merge->reported += record->total;
        sw_pending_process(&merge->pending, record, commit, merge);
        if (merge->want_points)
            sw_track_summary(merge, record, program_of(record));
        break;
    case SW_RECORD_PROCESS:
        sw_pending_process(&merge->pending, record, commit, merge);
        break;
    case SW_RECORD_OTHER:
        break;
    }
    sw_record_release(record);
}

static int by_total(const void *a, const void *b)
{
    const struct sw_signature *x = *(const struct sw_signature *const *)a;
    const struct sw_signature *y = *(const struct sw_signature *const *)b;
    if ((x->counted > 0) != (y->counted > 0))
        return x->counted > 0 ? -1 : 1;
    if (x->total_ns != y->total_ns)
        return x->total_ns > y->total_ns ? -1 : 1;
    return x->signature < y->signature ? -1 : x->signature > y->signature;
}

void sw_merge_finish(struct sw_merge *merge)
{
    sw_pending_finish(&merge->pending, commit, merge);
    if (merge->signature_count > 0)
        qsort(merge->signatures, merge->signature_count, sizeof *merge->signatures, by_total);
    for (size_t i = 0; i < merge->signature_count; i++) {
        merge->signatures[i]->index = i;
        sw_merge_order_stacks(merge->signatures[i]);
    }
    if (merge->want_points)
        sw_track_order(merge);
}
