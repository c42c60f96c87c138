/*
 * The file format of speedscope (https://www.speedscope.app): one sampled profile for each loop's
 * thread, with milliseconds of stalls as weights; frames are shared by all. See formats.h.
 *
 * Samples are not in the order of time: stalls with the same stack are one sample, so that the file
 * grows with the number of stacks.
 */
#include <string.h>

#include "command/formats/formats.h"
#include "command/formats/frame_numbers.h"
#include "common/version.h"

static void write_frames(struct sw_output *output, struct sw_frame_numbers *numbers)
{
    struct sw_json *json = &output->json;
    char buffer[256];
    sw_json_object_begin(json, "shared");
    sw_json_array_begin(json, "frames");
    for (size_t i = 0; i < numbers->count; i++) {
        const struct sw_record_frame *frame = numbers->frames[i];
        sw_json_object_begin(json, NULL);
        sw_json_string(json, "name", sw_format_frame_name(frame, buffer, sizeof buffer));
        if (frame->file != NULL || frame->module != NULL)
            sw_json_string(json, "file", frame->file != NULL ? frame->file : frame->module);
        if (frame->line != 0)
            sw_json_unsigned(json, "line", frame->line);
        sw_json_object_end(json);
        sw_output_flush(output);
    }
    sw_json_array_end(json);
    sw_json_object_end(json);
}

static void write_name(struct sw_json *json, const struct sw_track *track)
{
    char buffer[SW_STRING_MOST * 8];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    if (track->program == NULL) {
        sw_text_string(&text, "all others");
    } else {
        sw_text_string(&text, track->program);
        sw_text_char(&text, ' ');
        sw_text_signed(&text, track->pid);
        sw_text_string(&text, ", thread ");
        sw_text_signed(&text, track->tid);
        sw_text_string(&text, " \"");
        sw_text_string(&text, track->thread);
        sw_text_string(&text, "\", ");
        sw_text_string(&text, track->wait);
        sw_text_string(&text, " on ");
        sw_text_string(&text, track->host);
    }
    sw_json_string_bytes(json, "name", text.data, text.length);
}

static void write_samples(struct sw_output *output, struct sw_frame_numbers *numbers,
                          const struct sw_track *track)
{
    struct sw_json *json = &output->json;
    sw_json_array_begin(json, "samples");
    for (size_t i = 0; i < track->part_count; i++) {
        const struct sw_merged_stack *stack = track->parts[i].stack;
        sw_json_array_begin(json, NULL);
        for (unsigned k = stack == NULL ? 0 : stack->count; k-- > 0;)
            sw_json_unsigned(json, NULL, sw_frame_number(numbers, stack->frames[k]));
        sw_json_array_end(json);
        sw_output_flush(output);
    }
    sw_json_array_end(json);
    sw_json_array_begin(json, "weights");
    for (size_t i = 0; i < track->part_count; i++) {
        sw_json_ms(json, NULL, track->parts[i].weight_ns);
        sw_output_flush(output);
    }
    sw_json_array_end(json);
}

/* Weights have microseconds, so their sum is taken of what is written. */
static uint64_t end_of(const struct sw_track *track)
{
    uint64_t total_us = 0;
    for (size_t i = 0; i < track->part_count; i++)
        total_us += (track->parts[i].weight_ns + 500) / 1000;
    return total_us * 1000;
}

void sw_format_speedscope(struct sw_output *output, const struct sw_merge *merge)
{
    struct sw_json *json = &output->json;
    struct sw_frame_numbers numbers;
    memset(&numbers, 0, sizeof numbers);
    sw_json_object_begin(json, NULL);
    sw_json_string(json, "$schema", "https://www.speedscope.app/file-format-schema.json");
    sw_json_string(json, "exporter", "stallwatch " SW_VERSION);
    sw_json_string(json, "name", "event-loop stalls");
    sw_json_array_begin(json, "profiles");
    for (size_t i = 0; i < merge->track_count; i++) {
        const struct sw_track *track = merge->tracks[i];
        sw_json_object_begin(json, NULL);
        sw_json_string(json, "type", "sampled");
        write_name(json, track);
        sw_json_string(json, "unit", "milliseconds");
        sw_json_unsigned(json, "startValue", 0);
        sw_json_ms(json, "endValue", end_of(track));
        write_samples(output, &numbers, track);
        sw_json_object_end(json);
    }
    sw_json_array_end(json);
    write_frames(output, &numbers);
    sw_json_object_end(json);
    sw_text_char(json->text, '\n');
}
