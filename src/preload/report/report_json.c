/*
 * The JSON lines of a process and of a stall, to the contract that users' scripts read: every key
 * is there in every record, null where a value is not known. See report.h; the summary's line is in
 * report_summary.c.
 *
 * Called on the watchdog thread. A line is whole or it is not there: what does not fit is tried
 * again without the lesser stacks, without any, and with names cut short.
 */
#include "preload/report/report.h"

#include <string.h>

#include "common/version.h"
#include "preload/report/report_parts.h"

#define ALL         SIZE_MAX
#define DETAIL_MOST 2048 /* bytes, where a deadlock is told with it */

void sw_report_record_begin(struct sw_report_record *record, const struct sw_process_info *process,
                            const char *type, uint64_t time_ns)
{
    struct sw_json *json = &record->json;
    struct sw_text *text = json->text;
    sw_text_rewind(text, record->start);
    sw_json_init(json, text);
    sw_json_object_begin(json, NULL);
    sw_json_unsigned(json, "v", 1);
    sw_json_string(json, "type", type);
    sw_json_time(json, "time", time_ns);
    sw_report_record_string(record, "host", process->host);
    sw_json_signed(json, "pid", process->pid);
    sw_report_record_string(record, "exe", process->exe);
    sw_report_record_string(record, "comm", process->comm);
}

void sw_report_record_string(struct sw_report_record *record, const char *key, const char *value)
{
    size_t length = value == NULL ? 0 : strlen(value);
    if (length > record->name_most) {
        length = record->name_most;
        while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
            length--; /* not in the middle of a UTF-8 character */
    }
    sw_json_string_bytes(&record->json, key, value, length);
}

void sw_report_record_thread(struct sw_report_record *record, int tid, const char *name,
                             bool main_thread)
{
    sw_json_object_begin(&record->json, "thread");
    sw_json_signed(&record->json, "tid", tid);
    sw_report_record_string(record, "name", name);
    sw_json_bool(&record->json, "main", main_thread);
    sw_json_object_end(&record->json);
}

bool sw_report_record_end(struct sw_report_record *record)
{
    sw_json_object_end(&record->json);
    sw_text_char(record->json.text, '\n');
    return !record->json.text->truncated;
}

void sw_report_record_drop(struct sw_report_record *record)
{
    sw_text_rewind(record->json.text, record->start);
    record->json.text->truncated = true;
}

static bool write_process(struct sw_report_record *record, const struct sw_process_info *process,
                          uint64_t now_ns, unsigned arguments)
{
    struct sw_json *json = &record->json;
    sw_report_record_begin(record, process, "process", now_ns);
    sw_json_string(json, "version", SW_VERSION);
    sw_json_array_begin(json, "argv");
    for (unsigned i = 0; i < process->argc && i < arguments; i++)
        sw_report_record_string(record, NULL, process->argv[i]);
    sw_json_array_end(json);
    sw_json_ms(json, "threshold_ms", process->threshold_ns);
    return sw_report_record_end(record);
}

void sw_report_process_json(struct sw_text *text, const struct sw_process_info *process,
                            uint64_t now_ns)
{
    static const struct {
        size_t name_most;
        unsigned arguments;
    } tries[] = {{ALL, ~0u}, {256, 32}, {64, 8}, {64, 0}, {16, 0}};
    struct sw_report_record record = {{text, false}, text->length, ALL};
    if (text->truncated)
        return;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        record.name_most = tries[i].name_most;
        if (write_process(&record, process, now_ns, tries[i].arguments))
            return;
    }
    sw_report_record_drop(&record);
}

static const char *lang_name(enum sw_lang lang)
{
    switch (lang) {
    case SW_LANG_NATIVE:
        return "native";
    case SW_LANG_KERNEL:
        return "kernel";
    case SW_LANG_PYTHON:
        return "python";
    case SW_LANG_JS:
        return "js";
    case SW_LANG_JAVA:
        return "java";
    case SW_LANG_JIT:
        return "jit";
    }
    return "native";
}

static const char *state_name(enum sw_stall_state state)
{
    if (state == SW_STALL_ONGOING)
        return "ongoing";
    return state == SW_STALL_EXITING ? "exiting" : "ended";
}

static void write_frame(struct sw_report_record *record, const struct sw_frame *frame)
{
    struct sw_json *json = &record->json;
    sw_json_object_begin(json, NULL);
    sw_json_string(json, "lang", lang_name(frame->lang));
    sw_report_record_string(record, "function", frame->function);
    sw_report_record_string(record, "file", frame->file);
    if (frame->line != 0)
        sw_json_unsigned(json, "line", frame->line);
    else
        sw_json_null(json, "line");
    sw_report_record_string(record, "module", frame->module);
    if (frame->has_offset)
        sw_json_unsigned(json, "offset", frame->offset);
    else
        sw_json_null(json, "offset");
    sw_report_record_string(record, "build_id", frame->build_id);
    sw_json_bool(json, "inlined", frame->inlined);
    if (frame->machinery)
        sw_json_bool(json, "machinery", true);
    sw_report_record_string(record, "path", frame->path);
    sw_json_object_end(json);
}

static void write_stacks(struct sw_report_record *record, const struct sw_stall *stall,
                         unsigned most)
{
    struct sw_json *json = &record->json;
    sw_json_array_begin(json, "stacks");
    for (unsigned i = 0; i < stall->stack_count && i < most; i++) {
        const struct sw_stack *stack = &stall->stacks[i];
        sw_json_object_begin(json, NULL);
        sw_json_unsigned(json, "samples", stack->samples);
        sw_json_ms(json, "at_ms", stack->at_ns);
        sw_json_array_begin(json, "frames");
        for (unsigned j = 0; j < stack->count && !json->text->truncated; j++)
            write_frame(record, &stack->frames[j]);
        sw_json_array_end(json);
        sw_json_object_end(json);
    }
    sw_json_array_end(json);
}

static void write_holder(struct sw_report_record *record, const struct sw_holder *holder,
                         bool with_frames)
{
    static const char *const what[] = {[SW_HOLDER_MUTEX] = "mutex",
                                       [SW_HOLDER_RWLOCK] = "rwlock",
                                       [SW_HOLDER_GIL] = "gil",
                                       [SW_HOLDER_THREAD] = "thread",
                                       [SW_HOLDER_PROCESS] = "process"};
    struct sw_json *json = &record->json;
    if (holder == NULL) {
        sw_json_null(json, "holder");
        return;
    }
    sw_json_object_begin(json, "holder");
    sw_json_string(json, "what", what[holder->what]);
    sw_json_signed(json, "tid", holder->tid);
    sw_report_record_string(record, "name", holder->name);
    sw_report_record_string(record, "command", holder->command);
    sw_json_array_begin(json, "frames");
    for (unsigned i = 0; with_frames && i < holder->count && !json->text->truncated; i++)
        write_frame(record, &holder->frames[i]);
    sw_json_array_end(json);
    sw_json_object_end(json);
}

static void write_call(struct sw_report_record *record, const char *key,
                       const struct sw_call_total *call, const char *deadlock)
{
    struct sw_json *json = &record->json;
    char both[DETAIL_MOST];
    struct sw_text text;
    const char *detail = call->detail;
    if (deadlock != NULL) {
        sw_text_init(&text, both, sizeof both);
        sw_text_string(&text, detail);
        sw_text_string(&text, detail != NULL ? "; " : "");
        sw_text_string(&text, deadlock);
        detail = both;
    }
    sw_json_object_begin(json, key);
    sw_report_record_string(record, "name", call->name);
    sw_report_record_string(record, "detail", detail);
    sw_json_ms(json, "ms", call->total_ns);
    if (call->count != 0)
        sw_json_unsigned(json, "count", call->count);
    else
        sw_json_null(json, "count");
    sw_json_object_end(json);
}

static void write_calls(struct sw_report_record *record, const struct sw_stall *stall)
{
    struct sw_json *json = &record->json;
    if (stall->call_named && stall->call_count != 0)
        write_call(record, "call", &stall->calls[0], stall->deadlock);
    else
        sw_json_null(json, "call");
    sw_json_array_begin(json, "calls");
    for (unsigned i = 0; i < stall->call_count && i < 5; i++)
        write_call(record, NULL, &stall->calls[i], i == 0 ? stall->deadlock : NULL);
    sw_json_array_end(json);
}

static void write_loop(struct sw_report_record *record, const struct sw_stall *stall)
{
    struct sw_json *json = &record->json;
    sw_report_record_thread(record, stall->tid, stall->thread_name, stall->main_thread);
    sw_json_object_begin(json, "loop");
    sw_json_unsigned(json, "id", stall->loop_id);
    sw_report_record_string(record, "wait", stall->wait);
    if (stall->fd >= 0)
        sw_json_signed(json, "fd", stall->fd);
    else
        sw_json_null(json, "fd");
    sw_json_unsigned(json, "iteration", stall->iteration);
    sw_json_unsigned(json, "events", stall->events);
    sw_json_object_end(json);
}

static void write_times(struct sw_json *json, const struct sw_stall *stall)
{
    sw_json_object_begin(json, "time_ms");
    sw_json_ms(json, "cpu", stall->cpu_ns);
    if (stall->runqueue_known)
        sw_json_ms(json, "runqueue", stall->runqueue_ns);
    else
        sw_json_null(json, "runqueue");
    sw_json_ms(json, "blocked", stall->blocked_ns);
    sw_json_ms(json, "accounted", stall->accounted_ns);
    sw_json_object_end(json);
    sw_json_object_begin(json, "faults");
    sw_json_unsigned(json, "major", stall->major_faults);
    sw_json_unsigned(json, "minor", stall->minor_faults);
    sw_json_object_end(json);
}

static void write_figures(struct sw_json *json, const struct sw_stall_figures *figures)
{
    sw_json_object_begin(json, "cause_ms");
    sw_json_ms(json, "blocking", figures->blocking_ns);
    sw_json_ms(json, "waiting", figures->waiting_ns);
    sw_json_ms(json, "lock", figures->lock_ns);
    sw_json_ms(json, "gil", figures->gil_ns);
    sw_json_ms(json, "cpu", figures->cpu_ns);
    sw_json_ms(json, "starved", figures->starved_ns);
    sw_json_ms(json, "throttled", figures->throttled_ns);
    sw_json_ms(json, "stolen", figures->stolen_ns);
    sw_json_ms(json, "paging", figures->paging_ns);
    sw_json_ms(json, "stopped", figures->stopped_ns);
    sw_json_object_end(json);
}

/* Of a pool that the program's end has found full it is not known when it would have ended. */
static bool write_pool(struct sw_report_record *record, const struct sw_process_info *process,
                       const struct sw_stall *stall, unsigned stacks)
{
    struct sw_json *json = &record->json;
    sw_report_record_begin(record, process, "pool", stall->began_realtime_ns);
    sw_json_unsigned(json, "id", stall->id);
    sw_json_string(json, "state", stall->state == SW_STALL_ENDED ? "ended" : "ongoing");
    sw_json_ms(json, "duration_ms", stall->duration_ns);
    sw_json_ms(json, "threshold_ms", stall->threshold_ns);
    sw_json_bool(json, "counted", stall->counted);
    sw_json_object_begin(json, "pool");
    sw_report_record_string(record, "name", stall->pool->name);
    sw_json_unsigned(json, "threads", stall->pool->threads);
    sw_json_unsigned(json, "busy", stall->pool->busy);
    sw_json_object_end(json);
    write_stacks(record, stall, stacks);
    sw_report_record_string(record, "hint", stall->hint);
    sw_report_record_string(record, "suppressed", stall->suppressed);
    return sw_report_record_end(record);
}

static bool write_stall(struct sw_report_record *record, const struct sw_process_info *process,
                        const struct sw_stall *stall, unsigned stacks)
{
    struct sw_json *json = &record->json;
    if (stall->pool != NULL)
        return write_pool(record, process, stall, stacks);
    char hex[17];
    struct sw_text signature;
    sw_text_init(&signature, hex, sizeof hex);
    sw_text_hex(&signature, stall->signature, 16);

    sw_report_record_begin(record, process, "stall", stall->began_realtime_ns);
    sw_json_unsigned(json, "id", stall->id);
    sw_json_string(json, "state", state_name(stall->state));
    sw_json_ms(json, "duration_ms", stall->duration_ns);
    sw_json_ms(json, "threshold_ms", stall->threshold_ns);
    sw_json_bool(json, "counted", stall->counted);
    sw_json_string(json, "phase", stall->startup ? "startup" : "running");
    write_loop(record, stall);
    sw_json_string(json, "cause", sw_settings_cause_name(stall->cause));
    write_figures(json, &stall->figures);
    write_calls(record, stall);
    write_times(json, stall);
    write_stacks(record, stall, stacks);
    write_holder(record, stall->holder, stacks > 0);
    sw_json_string(json, "signature", hex);
    sw_json_unsigned(json, "occurrence", stall->occurrence);
    sw_report_record_string(record, "label", stall->label);
    sw_report_record_string(record, "hint", stall->hint);
    sw_report_record_string(record, "suppressed", stall->suppressed);
    return sw_report_record_end(record);
}

void sw_report_stall_json(struct sw_text *text, const struct sw_process_info *process,
                          const struct sw_stall *stall, bool with_stacks)
{
    static const struct {
        size_t name_most;
        unsigned stacks;
    } tries[] = {{ALL, ~0u}, {ALL, 1}, {ALL, 0}, {64, 0}, {16, 0}};
    struct sw_report_record record = {{text, false}, text->length, ALL};
    if (text->truncated)
        return;
    for (size_t i = with_stacks ? 0 : 2; i < sizeof tries / sizeof tries[0]; i++) {
        record.name_most = tries[i].name_most;
        if (write_stall(&record, process, stall, tries[i].stacks))
            return;
    }
    sw_report_record_drop(&record);
}
