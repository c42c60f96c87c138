/*
 * Reads a line of a log with jansson; see record.h. The only room that knows that library.
 *
 * Called by load.c for each line. A line is whatever somebody put into a file: its depth is looked
 * at before jansson sees it (which recurses, 2048 deep), every value's type is checked, and numbers
 * are brought into the range of what they mean.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "command/record.h"

#define DEPTH_MOST  32 /* a stall's frames are 5 deep */
#define VERSION     1
#define MS_MOST     1e12 /* thirty years */
#define STACKS_MOST 64

/* What can be seen without parsing: bytes that no JSON text has, and how deep it nests. */
static enum sw_record_problem look_over(const char *line, size_t length)
{
    unsigned depth = 0;
    bool string = false;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i];
        if (byte < 0x20 && byte != '\t' && byte != '\r')
            return SW_RECORD_BINARY;
        if (string) {
            if (byte == '\\')
                i++;
            else if (byte == '"')
                string = false;
        } else if (byte == '"') {
            string = true;
        } else if (byte == '{' || byte == '[') {
            if (++depth > DEPTH_MOST)
                return SW_RECORD_DEEP;
        } else if ((byte == '}' || byte == ']') && depth > 0) {
            depth--;
        }
    }
    return SW_RECORD_OK;
}

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static const char *string_or_empty(const json_t *object, const char *key)
{
    const char *value = string_of(object, key);
    return value != NULL ? value : "";
}

static uint64_t natural_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    double number = json_number_value(value);
    if (json_is_integer(value))
        return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
    return number > 0 && number < 1e18 ? (uint64_t)number : 0;
}

static uint64_t scaled(const json_t *value, double unit_ns)
{
    double number = json_number_value(value);
    if (!(number > 0))
        return 0;
    if (number * unit_ns > MS_MOST * 1e6)
        return (uint64_t)(MS_MOST * 1e6);
    return (uint64_t)(number * unit_ns + 0.5);
}

static uint64_t ms_of(const json_t *object, const char *key)
{
    return scaled(json_object_get(object, key), 1e6);
}

static enum sw_cause cause_of(const char *name)
{
    for (unsigned i = 0; name != NULL && i < SW_CAUSES; i++)
        if (strcmp(name, sw_settings_cause_name((enum sw_cause)i)) == 0)
            return (enum sw_cause)i;
    return SW_CAUSE_UNKNOWN;
}

static bool read_signature(const char *hex, uint64_t *signature)
{
    char *end;
    if (hex == NULL || strlen(hex) != 16 || strspn(hex, "0123456789abcdef") != 16)
        return false;
    *signature = strtoull(hex, &end, 16);
    return true;
}

static bool read_state(const char *name, enum sw_record_state *state)
{
    static const char *const names[] = {"ongoing", "ended", "exiting"};
    for (unsigned i = 0; name != NULL && i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *state = (enum sw_record_state)i;
            return true;
        }
    }
    return false;
}

static bool read_stall(const json_t *root, struct sw_record *record)
{
    const json_t *thread = json_object_get(root, "thread"), *loop = json_object_get(root, "loop");
    const json_t *call = json_object_get(root, "call"), *times = json_object_get(root, "time_ms");
    if (!read_signature(string_of(root, "signature"), &record->signature) ||
        !read_state(string_of(root, "state"), &record->state) ||
        !json_is_number(json_object_get(root, "duration_ms")))
        return false;
    record->id = natural_of(root, "id");
    record->duration_ns = ms_of(root, "duration_ms");
    record->threshold_ns = ms_of(root, "threshold_ms");
    record->counted = json_is_true(json_object_get(root, "counted"));
    record->startup = strcmp(string_or_empty(root, "phase"), "startup") == 0;
    record->tid = (int64_t)natural_of(thread, "tid");
    record->thread = string_or_empty(thread, "name");
    record->main_thread = json_is_true(json_object_get(thread, "main"));
    record->loop_id = (int64_t)natural_of(loop, "id");
    record->wait = string_or_empty(loop, "wait");
    record->cause = cause_of(string_of(root, "cause"));
    record->call.name = string_of(call, "name");
    record->call.detail = string_of(call, "detail");
    record->call.total_ns = ms_of(call, "ms");
    record->call.count = natural_of(call, "count");
    record->cpu_ns = ms_of(times, "cpu");
    record->runqueue_ns = ms_of(times, "runqueue");
    record->blocked_ns = ms_of(times, "blocked");
    record->label = string_of(root, "label");
    record->hint = string_of(root, "hint");
    record->suppressed = string_of(root, "suppressed");
    record->holder = string_of(json_object_get(root, "holder"), "name");
    record->stack_count = json_array_size(json_object_get(root, "stacks"));
    if (record->stack_count > STACKS_MOST)
        record->stack_count = STACKS_MOST;
    return true;
}

static bool read_summary(const json_t *root, struct sw_record *record)
{
    const json_t *stalls = json_object_get(root, "stalls"), *loops = json_object_get(root, "loops");
    if (!json_is_object(stalls))
        return false;
    record->uptime_ns = ms_of(root, "uptime_ms");
    record->total = natural_of(stalls, "total");
    record->counted_total = natural_of(stalls, "counted");
    record->suppressed_total = natural_of(stalls, "suppressed");
    record->lines_lost = natural_of(root, "lines_lost");
    record->loop_count = json_array_size(loops);
    for (size_t i = 0; i < record->loop_count; i++) {
        const json_t *loop = json_array_get(loops, i);
        const json_t *busy = json_object_get(loop, "busy_us");
        uint64_t longest = scaled(json_object_get(busy, "max"), 1e3);
        record->iterations += natural_of(loop, "iterations");
        record->busy_ns += ms_of(loop, "busy_ms");
        if (longest > record->longest_ns)
            record->longest_ns = longest;
    }
    return true;
}

static enum sw_record_problem read_root(const json_t *root, struct sw_record *record)
{
    const json_t *version = json_object_get(root, "v");
    const char *type = string_of(root, "type");
    if (!json_is_object(root) || !json_is_integer(version) || type == NULL)
        return SW_RECORD_FOREIGN;
    if (json_integer_value(version) > VERSION)
        return SW_RECORD_LATER;
    record->time = string_or_empty(root, "time");
    record->host = string_or_empty(root, "host");
    record->exe = string_or_empty(root, "exe");
    record->comm = string_or_empty(root, "comm");
    record->pid = (int64_t)natural_of(root, "pid");
    record->type = SW_RECORD_OTHER;
    if (strcmp(type, "process") == 0)
        record->type = SW_RECORD_PROCESS;
    else if (strcmp(type, "stall") == 0)
        record->type = SW_RECORD_STALL;
    else if (strcmp(type, "summary") == 0)
        record->type = SW_RECORD_SUMMARY;
    if (record->type == SW_RECORD_STALL && !read_stall(root, record))
        return SW_RECORD_FOREIGN;
    if (record->type == SW_RECORD_SUMMARY && !read_summary(root, record))
        return SW_RECORD_FOREIGN;
    return SW_RECORD_OK;
}

enum sw_record_problem sw_record_read(const char *line, size_t length, struct sw_record *record)
{
    json_error_t error;
    enum sw_record_problem problem = look_over(line, length);
    memset(record, 0, sizeof *record);
    if (problem != SW_RECORD_OK)
        return problem;
    json_t *root = json_loadb(line, length, JSON_DECODE_ANY, &error);
    if (root == NULL)
        return json_error_code(&error) == json_error_invalid_utf8 ? SW_RECORD_BINARY
                                                                  : SW_RECORD_CUT;
    problem = read_root(root, record);
    if (problem != SW_RECORD_OK)
        json_decref(root);
    else
        record->document = root;
    return problem;
}

void sw_record_release(struct sw_record *record)
{
    json_decref(record->document);
    record->document = NULL;
}

unsigned sw_record_stack(const struct sw_record *record, size_t index, size_t *frames)
{
    const json_t *stack = json_array_get(json_object_get(record->document, "stacks"), index);
    size_t count = json_array_size(json_object_get(stack, "frames"));
    uint64_t samples = natural_of(stack, "samples");
    *frames = count < SW_RECORD_FRAMES ? count : SW_RECORD_FRAMES;
    return samples == 0 ? 1 : samples > 1000000 ? 1000000 : (unsigned)samples;
}

void sw_record_frame(const struct sw_record *record, size_t stack, size_t index,
                     struct sw_record_frame *frame)
{
    const json_t *stacks = json_object_get(record->document, "stacks");
    const json_t *object =
        json_array_get(json_object_get(json_array_get(stacks, stack), "frames"), index);
    uint64_t line = natural_of(object, "line");
    frame->lang = string_of(object, "lang");
    frame->function = string_of(object, "function");
    frame->file = string_of(object, "file");
    frame->module = string_of(object, "module");
    frame->build_id = string_of(object, "build_id");
    frame->line = line <= UINT32_MAX ? (uint32_t)line : 0;
    frame->inlined = json_is_true(json_object_get(object, "inlined"));
}
