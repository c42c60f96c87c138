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
#include <time.h>

#include "command/record.h"
#include "common/hash.h"

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

/* `count` digits at `*at`, which is moved behind them; -1 where they are none. */
static int digits(const char **at, unsigned count)
{
    int value = 0;
    for (; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + **at - '0';
    }
    return value;
}

/* "2026-11-23T04:10:11.123Z", and nothing else of what RFC 3339 allows. */
static int64_t time_of(const char *text)
{
    static const struct {
        unsigned count;
        char end;
    } parts[] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, '.'}, {3, 'Z'}};
    int values[7];
    for (unsigned i = 0; i < 7; i++) {
        values[i] = digits(&text, parts[i].count);
        if (values[i] < 0 || *text++ != parts[i].end)
            return SW_RECORD_NO_TIME;
    }
    struct tm when = {.tm_year = values[0] - 1900,
                      .tm_mon = values[1] - 1,
                      .tm_mday = values[2],
                      .tm_hour = values[3],
                      .tm_min = values[4],
                      .tm_sec = values[5]};
    int64_t seconds = timegm(&when); /* makes a date of what is none, a thirteenth month's */
    bool is_date = when.tm_mon == values[1] - 1 && when.tm_mday == values[2] &&
                   when.tm_hour == values[3] && when.tm_min == values[4] &&
                   when.tm_sec == values[5];
    return *text == '\0' && values[0] >= 1970 && is_date ? seconds * 1000 + values[6]
                                                         : SW_RECORD_NO_TIME;
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

static void read_call(const json_t *object, struct sw_record_call *call)
{
    call->name = string_of(object, "name");
    call->detail = string_of(object, "detail");
    call->total_ns = ms_of(object, "ms");
    call->count = natural_of(object, "count");
}

static void read_holder(const json_t *object, struct sw_record_holder *holder)
{
    if (!json_is_object(object))
        return;
    holder->what = string_or_empty(object, "what");
    holder->name = string_or_empty(object, "name");
    holder->command = string_of(object, "command");
    holder->tid = (int64_t)natural_of(object, "tid");
    holder->frame_count = json_array_size(json_object_get(object, "frames"));
    if (holder->frame_count > SW_RECORD_FRAMES)
        holder->frame_count = SW_RECORD_FRAMES;
}

/* An interpreter's own frames between those of its language are in the log for programs; to a
 * reader, and in a flame graph, they would hide the others. */
static void drop_machinery(json_t *frames)
{
    for (size_t i = json_array_size(frames); i > 0; i--)
        if (json_is_true(json_object_get(json_array_get(frames, i - 1), "machinery")))
            json_array_remove(frames, i - 1);
}

/* What stalls and pools have in common. */
static bool read_stretch(const json_t *root, struct sw_record *record)
{
    if (!read_state(string_of(root, "state"), &record->state) ||
        !json_is_number(json_object_get(root, "duration_ms")))
        return false;
    record->id = natural_of(root, "id");
    record->duration_ns = ms_of(root, "duration_ms");
    record->counted = json_is_true(json_object_get(root, "counted"));
    record->suppressed = string_of(root, "suppressed");
    record->hint = string_of(root, "hint");
    const json_t *stacks = json_object_get(root, "stacks");
    record->stack_count = json_array_size(stacks);
    if (record->stack_count > STACKS_MOST)
        record->stack_count = STACKS_MOST;
    for (size_t i = 0; i < record->stack_count; i++)
        drop_machinery(json_object_get(json_array_get(stacks, i), "frames"));
    drop_machinery(json_object_get(json_object_get(root, "holder"), "frames"));
    return true;
}

static bool read_stall(const json_t *root, struct sw_record *record)
{
    const json_t *thread = json_object_get(root, "thread"), *loop = json_object_get(root, "loop");
    const json_t *times = json_object_get(root, "time_ms");
    if (!read_signature(string_of(root, "signature"), &record->signature) ||
        !read_stretch(root, record))
        return false;
    record->threshold_ns = ms_of(root, "threshold_ms");
    record->startup = strcmp(string_or_empty(root, "phase"), "startup") == 0;
    record->tid = (int64_t)natural_of(thread, "tid");
    record->thread = string_or_empty(thread, "name");
    record->main_thread = json_is_true(json_object_get(thread, "main"));
    record->loop_id = (int64_t)natural_of(loop, "id");
    record->wait = string_or_empty(loop, "wait");
    record->cause = cause_of(string_of(root, "cause"));
    read_call(json_object_get(root, "call"), &record->call);
    read_holder(json_object_get(root, "holder"), &record->holder);
    record->cpu_ns = ms_of(times, "cpu");
    record->runqueue_ns = ms_of(times, "runqueue");
    record->blocked_ns = ms_of(times, "blocked");
    record->label = string_of(root, "label");
    return true;
}

static bool read_pool(const json_t *root, struct sw_record *record)
{
    const json_t *pool = json_object_get(root, "pool");
    if (!json_is_object(pool) || !read_stretch(root, record))
        return false;
    record->pool = string_or_empty(pool, "name");
    record->pool_threads = natural_of(pool, "threads");
    record->thread = record->pool;
    record->wait = "";
    record->cause = SW_CAUSE_UNKNOWN;
    uint64_t hash = sw_hash_string(sw_hash_string(SW_HASH_START, "pool"), record->pool);
    const char *program = strrchr(record->exe, '/');
    hash = sw_hash_string(hash, program != NULL ? program + 1 : record->exe);
    record->signature = sw_hash_finish(hash);
    record->loop_id = (int64_t)record->signature; /* one that no loop has; see pending.h */
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
    record->time_ms = time_of(string_or_empty(root, "time"));
    record->time = record->time_ms != SW_RECORD_NO_TIME ? string_of(root, "time") : "";
    record->host = string_or_empty(root, "host");
    record->exe = string_or_empty(root, "exe");
    record->comm = string_or_empty(root, "comm");
    record->pid = (int64_t)natural_of(root, "pid");
    record->type = SW_RECORD_OTHER;
    if (strcmp(type, "process") == 0)
        record->type = SW_RECORD_PROCESS;
    else if (strcmp(type, "stall") == 0)
        record->type = SW_RECORD_STALL;
    else if (strcmp(type, "pool") == 0)
        record->type = SW_RECORD_POOL;
    else if (strcmp(type, "summary") == 0)
        record->type = SW_RECORD_SUMMARY;
    if (record->type == SW_RECORD_STALL && !read_stall(root, record))
        return SW_RECORD_FOREIGN;
    if (record->type == SW_RECORD_POOL && !read_pool(root, record))
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

static void read_frame(const json_t *object, struct sw_record_frame *frame)
{
    uint64_t line = natural_of(object, "line");
    frame->lang = string_of(object, "lang");
    frame->function = string_of(object, "function");
    frame->file = string_of(object, "file");
    frame->module = string_of(object, "module");
    frame->build_id = string_of(object, "build_id");
    frame->line = line <= UINT32_MAX ? (uint32_t)line : 0;
    frame->inlined = json_is_true(json_object_get(object, "inlined"));
}

void sw_record_frame(const struct sw_record *record, size_t stack, size_t index,
                     struct sw_record_frame *frame)
{
    const json_t *stacks = json_object_get(record->document, "stacks");
    const json_t *frames = json_object_get(json_array_get(stacks, stack), "frames");
    read_frame(json_array_get(frames, index), frame);
}

void sw_record_holder_frame(const struct sw_record *record, size_t index,
                            struct sw_record_frame *frame)
{
    const json_t *holder = json_object_get(record->document, "holder");
    read_frame(json_array_get(json_object_get(holder, "frames"), index), frame);
}

unsigned sw_record_calls(const struct sw_record *record, struct sw_record_call *calls,
                         unsigned most)
{
    const json_t *list = json_object_get(record->document, "calls");
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(list) && count < most; i++) {
        read_call(json_array_get(list, i), &calls[count]);
        count += calls[count].name != NULL;
    }
    return count;
}

unsigned sw_record_figures(const struct sw_record *record, struct sw_record_figure *figures,
                           unsigned most)
{
    json_t *object = json_object_get(record->document, "cause_ms");
    unsigned count = 0;
    for (void *at = json_object_iter(object); at != NULL && count < most;
         at = json_object_iter_next(object, at)) {
        figures[count].name = json_object_iter_key(at);
        figures[count].ns = scaled(json_object_iter_value(at), 1e6);
        count += figures[count].ns > 0;
    }
    return count;
}

void sw_record_loop(const struct sw_record *record, size_t index, struct sw_record_loop *loop)
{
    const json_t *object = json_array_get(json_object_get(record->document, "loops"), index);
    const json_t *thread = json_object_get(object, "thread");
    const json_t *busy = json_object_get(object, "busy_us");
    loop->thread = string_or_empty(thread, "name");
    loop->tid = (int64_t)natural_of(thread, "tid");
    loop->wait = string_or_empty(object, "wait");
    loop->iterations = natural_of(object, "iterations");
    loop->busy_ns = ms_of(object, "busy_ms");
    loop->wait_ns = ms_of(object, "wait_ms");
    loop->p50_ns = scaled(json_object_get(busy, "p50"), 1e3);
    loop->p99_ns = scaled(json_object_get(busy, "p99"), 1e3);
    loop->max_ns = scaled(json_object_get(busy, "max"), 1e3);
}
