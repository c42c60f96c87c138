/* The merge as one JSON object, for programs. See formats.h. */
#include "command/formats/formats.h"
#include "command/formats/json_parts.h"
#include "common/version.h"

static void write_frame(struct sw_json *json, const struct sw_record_frame *frame)
{
    sw_json_object_begin(json, NULL);
    sw_json_string(json, "lang", frame->lang);
    sw_json_string(json, "function", frame->function);
    sw_json_string(json, "file", frame->file);
    if (frame->line != 0)
        sw_json_unsigned(json, "line", frame->line);
    else
        sw_json_null(json, "line");
    sw_json_string(json, "module", frame->module);
    sw_json_string(json, "build_id", frame->build_id);
    sw_json_bool(json, "inlined", frame->inlined);
    sw_json_object_end(json);
}

static void write_frames(void *to, const struct sw_record_frame *const *frames, unsigned count)
{
    struct sw_output *output = to;
    sw_json_array_begin(&output->json, "frames");
    for (unsigned i = 0; i < count; i++) {
        write_frame(&output->json, frames[i]);
        sw_output_flush(output);
    }
    sw_json_array_end(&output->json);
}

static void write_pool(struct sw_json *json, const struct sw_signature *signature)
{
    if (!signature->pool) {
        sw_json_null(json, "pool");
        return;
    }
    sw_json_object_begin(json, "pool");
    sw_json_string(json, "name", signature->thread);
    sw_json_unsigned(json, "threads", signature->pool_threads);
    sw_json_object_end(json);
}

static void write_holder(struct sw_output *output, const struct sw_merged_holder *holder)
{
    struct sw_json *json = &output->json;
    sw_output_flush(output);
    if (holder->what == NULL) {
        sw_json_null(json, "holder");
        return;
    }
    sw_json_object_begin(json, "holder");
    sw_json_part_holder(json, holder);
    write_frames(output, holder->frames, holder->count);
    sw_json_object_end(json);
}

static void write_where(struct sw_json *json, const struct sw_signature *signature)
{
    const struct sw_record_frame *frame = sw_merge_where(signature);
    char buffer[16384];
    struct sw_text text;
    if (frame == NULL) {
        sw_json_null(json, "top");
        return;
    }
    sw_text_init(&text, buffer, sizeof buffer);
    sw_text_string(&text, frame->function);
    if (frame->file != NULL) {
        sw_text_char(&text, ' ');
        sw_text_string(&text, frame->file);
        sw_text_char(&text, ':');
        sw_text_unsigned(&text, frame->line);
    }
    sw_json_string_bytes(json, "top", text.data, text.length);
}

static void write_longest(struct sw_json *json, const struct sw_signature *signature)
{
    sw_json_object_begin(json, "longest");
    sw_json_string(json, "time", signature->longest_time);
    sw_json_string(json, "host", signature->host);
    sw_json_signed(json, "pid", signature->pid);
    sw_json_signed(json, "tid", signature->tid);
    sw_json_string(json, "thread", signature->thread);
    sw_json_string(json, "wait", signature->wait);
    sw_json_string(json, "phase", signature->startup ? "startup" : "running");
    sw_json_string(json, "label", signature->label);
    sw_json_object_end(json);
}

static void write_signature(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_json *json = &output->json;
    sw_json_object_begin(json, NULL);
    sw_json_part_counts(json, signature);
    sw_json_part_call(json, "call", &signature->call);
    write_pool(json, signature);
    write_where(json, signature);
    sw_json_part_times(json, signature);
    sw_json_part_span(json, signature);
    write_longest(json, signature);
    sw_json_string(json, "hint", signature->hint);
    write_holder(output, &signature->holder);
    sw_json_part_stacks(json, signature, write_frames, output);
    sw_json_object_end(json);
    sw_output_flush(output);
}

void sw_format_json(struct sw_output *output, const struct sw_merge *merge)
{
    struct sw_json *json = &output->json;
    sw_json_object_begin(json, NULL);
    sw_json_unsigned(json, "v", 1);
    sw_json_string(json, "type", "report");
    sw_json_string(json, "version", SW_VERSION);
    sw_json_string(json, "first", merge->first);
    sw_json_string(json, "last", merge->last);
    sw_json_unsigned(json, "processes", merge->processes);
    sw_json_unsigned(json, "hosts", merge->hosts);
    sw_json_object_begin(json, "stalls");
    sw_json_unsigned(json, "total", merge->stalls);
    sw_json_unsigned(json, "counted", merge->counted);
    sw_json_unsigned(json, "suppressed", merge->suppressed);
    sw_json_unsigned(json, "baseline", merge->known);
    sw_json_unsigned(json, "ongoing", merge->ongoing);
    sw_json_object_end(json);
    sw_json_unsigned(json, "pools", merge->pools);
    sw_json_unsigned(json, "lines_lost", merge->lines_lost);
    sw_json_array_begin(json, "signatures");
    for (size_t i = 0; i < merge->signature_count; i++)
        write_signature(output, merge->signatures[i]);
    sw_json_array_end(json);
    sw_json_object_end(json);
    sw_text_char(json->text, '\n');
}
