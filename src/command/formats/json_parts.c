/* See json_parts.h. Called by json.c and html_data.c. */
#include "command/formats/json_parts.h"

#include "command/formats/formats.h"

void sw_json_part_counts(struct sw_json *json, const struct sw_signature *signature)
{
    char hex[17];
    struct sw_text text;
    sw_text_init(&text, hex, sizeof hex);
    sw_text_hex(&text, signature->signature, 16);
    sw_json_string(json, "signature", hex);
    sw_json_unsigned(json, "count", signature->count);
    sw_json_unsigned(json, "counted", signature->counted);
    sw_json_unsigned(json, "suppressed", signature->suppressed);
    sw_json_string(json, "suppressed_by", signature->rule);
    sw_json_bool(json, "baseline", signature->known);
    sw_json_unsigned(json, "ongoing", signature->ongoing);
    sw_json_ms(json, "total_ms", signature->total_ns);
    sw_json_ms(json, "max_ms", signature->max_ns);
    sw_json_ms(json, "min_ms", signature->min_ns);
    sw_json_string(json, "cause", sw_format_cause(signature));
}

void sw_json_part_times(struct sw_json *json, const struct sw_signature *signature)
{
    sw_json_object_begin(json, "cause_ms");
    for (unsigned i = 0; i < signature->figure_count; i++)
        sw_json_ms(json, signature->figures[i].name, signature->figures[i].ns);
    sw_json_object_end(json);
    sw_json_object_begin(json, "time_ms");
    sw_json_ms(json, "cpu", signature->cpu_ns);
    sw_json_ms(json, "runqueue", signature->runqueue_ns);
    sw_json_ms(json, "blocked", signature->blocked_ns);
    sw_json_object_end(json);
}

void sw_json_part_call(struct sw_json *json, const char *key, const struct sw_record_call *call)
{
    if (call->name == NULL) {
        sw_json_null(json, key);
        return;
    }
    sw_json_object_begin(json, key);
    sw_json_string(json, "name", call->name);
    sw_json_string(json, "detail", call->detail);
    sw_json_ms(json, "ms", call->total_ns);
    if (call->count != 0)
        sw_json_unsigned(json, "count", call->count);
    else
        sw_json_null(json, "count");
    sw_json_object_end(json);
}

void sw_json_part_span(struct sw_json *json, const struct sw_signature *signature)
{
    sw_json_string(json, "first", signature->first);
    sw_json_string(json, "last", signature->last);
    sw_json_array_begin(json, "programs");
    for (unsigned i = 0; i < signature->program_count; i++)
        sw_json_string(json, NULL, signature->programs[i]);
    sw_json_array_end(json);
}

void sw_json_part_holder(struct sw_json *json, const struct sw_merged_holder *holder)
{
    sw_json_string(json, "what", holder->what);
    sw_json_signed(json, "tid", holder->tid);
    sw_json_string(json, "name", holder->name);
    sw_json_string(json, "command", holder->command);
}

void sw_json_part_stacks(struct sw_json *json, const struct sw_signature *signature,
                         void (*write_frames)(void *to, const struct sw_record_frame *const *frames,
                                              unsigned count),
                         void *to)
{
    sw_json_array_begin(json, "stacks");
    for (unsigned i = 0; i < signature->stack_count; i++) {
        const struct sw_merged_stack *stack = signature->stacks[i];
        sw_json_object_begin(json, NULL);
        sw_json_unsigned(json, "samples", stack->samples);
        sw_json_ms(json, "ms", stack->weight_ns);
        write_frames(to, stack->frames, stack->count);
        sw_json_object_end(json);
    }
    sw_json_array_end(json);
}
