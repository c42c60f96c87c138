/*
 * What a page shows, as JSON. See html.h; the scripts in formats/html/ read it, model.js first.
 *
 * Bounded, since a browser holds all of it: the signatures with the most time, the longest stalls
 * of each loop, and the source lines of so many frames.
 */
#include "command/formats/formats.h"
#include "command/formats/frame_numbers.h"
#include "command/formats/html.h"
#include "command/formats/json_parts.h"
#include "command/source_lines.h"
#include "common/version.h"

#define SOURCES_MOST 1500

/* JSON in the making, and what it is passed on to: with '<', '>' and '&' (they are in strings
 * alone) as escapes, so that nothing in it ends the script element or looks like markup. */
struct page_data {
    struct sw_output *output;
    struct sw_text text;
    struct sw_json json;
    struct sw_frame_numbers numbers;
    char buffer[1u << 18];
};

static void pass_on(struct page_data *page)
{
    struct sw_text *text = &page->output->text;
    if (page->text.truncated)
        text->truncated = true; /* a piece larger than any is: sw_output_close says so */
    for (const char *at = page->text.data; *at != '\0'; at++) {
        if (*at == '<' || *at == '>' || *at == '&') {
            sw_text_string(text, "\\u00");
            sw_text_hex(text, (unsigned char)*at, 2);
        } else {
            sw_text_char(text, *at);
        }
        if ((at - page->text.data) % 4096 == 0)
            sw_output_flush(page->output);
    }
    sw_text_reset(&page->text);
    sw_output_flush(page->output);
}

static void write_frames(void *to, const struct sw_record_frame *const *frames, unsigned count)
{
    struct page_data *page = to;
    sw_json_array_begin(&page->json, "frames");
    for (unsigned i = 0; i < count; i++)
        sw_json_unsigned(&page->json, NULL, sw_frame_number(&page->numbers, frames[i]));
    sw_json_array_end(&page->json);
    pass_on(page);
}

static void write_holder(struct page_data *page, const struct sw_merged_holder *holder)
{
    struct sw_json *json = &page->json;
    if (holder->what == NULL) {
        sw_json_null(json, "holder");
        return;
    }
    sw_json_object_begin(json, "holder");
    sw_json_part_holder(json, holder);
    write_frames(page, holder->frames, holder->count);
    sw_json_object_end(json);
}

/* Of the longest. */
static void write_longest(struct sw_json *json, const struct sw_signature *signature)
{
    sw_json_string(json, "time", signature->longest_time);
    sw_json_string(json, "host", signature->host);
    sw_json_signed(json, "pid", signature->pid);
    sw_json_signed(json, "tid", signature->tid);
    sw_json_string(json, "thread", signature->thread);
    sw_json_string(json, "wait", signature->wait);
    sw_json_string(json, "label", signature->label);
    sw_json_bool(json, "startup", signature->startup);
    sw_json_ms(json, "threshold", signature->threshold_ns);
}

static void write_signature(struct page_data *page, const struct sw_signature *signature)
{
    struct sw_json *json = &page->json;
    const struct sw_record_frame *where = sw_merge_where(signature);
    sw_json_object_begin(json, NULL);
    sw_json_part_counts(json, signature);
    sw_json_unsigned(json, "pool", signature->pool ? signature->pool_threads : 0);
    sw_json_part_call(json, "call", &signature->call);
    sw_json_array_begin(json, "calls");
    for (unsigned i = 0; i < signature->call_count; i++) {
        sw_json_part_call(json, NULL, &signature->calls[i]);
        pass_on(page);
    }
    sw_json_array_end(json);
    sw_json_string(json, "hint", signature->hint);
    if (where != NULL)
        sw_json_unsigned(json, "where", sw_frame_number(&page->numbers, where));
    else
        sw_json_null(json, "where");
    sw_json_part_span(json, signature);
    write_longest(json, signature);
    sw_json_part_times(json, signature);
    pass_on(page);
    write_holder(page, &signature->holder);
    sw_json_part_stacks(json, signature, write_frames, page);
    sw_json_ms(json, "stackless", signature->without_stack_ns);
    sw_json_object_end(json);
    pass_on(page);
}

static void write_points(struct page_data *page, const struct sw_track *track)
{
    struct sw_json *json = &page->json;
    sw_json_array_begin(json, "points");
    for (size_t i = 0; i < track->point_count; i++) {
        const struct sw_track_point *point = &track->points[i];
        if (point->signature->index >= SW_HTML_SIGNATURES)
            continue;
        sw_json_array_begin(json, NULL);
        sw_json_signed(json, NULL, point->time_ms);
        sw_json_ms(json, NULL, point->duration_ns);
        sw_json_unsigned(json, NULL, point->signature->index);
        sw_json_unsigned(json, NULL, point->counted + 2u * point->ongoing);
        sw_json_array_end(json);
        pass_on(page);
    }
    sw_json_array_end(json);
}

static void write_loop(struct page_data *page, const struct sw_track *track)
{
    struct sw_json *json = &page->json;
    sw_json_object_begin(json, NULL);
    sw_json_string(json, "program", track->program);
    sw_json_string(json, "host", track->host);
    sw_json_signed(json, "pid", track->pid);
    sw_json_signed(json, "tid", track->tid);
    sw_json_string(json, "thread", track->thread);
    sw_json_string(json, "wait", track->wait);
    sw_json_unsigned(json, "stalls", track->stalls);
    sw_json_ms(json, "total", track->total_ns);
    sw_json_unsigned(json, "iterations", track->loop.iterations);
    sw_json_ms(json, "busy", track->loop.busy_ns);
    sw_json_ms(json, "idle", track->loop.wait_ns);
    sw_json_ms(json, "p50", track->loop.p50_ns);
    sw_json_ms(json, "p99", track->loop.p99_ns);
    sw_json_ms(json, "max", track->loop.max_ns);
    write_points(page, track);
    sw_json_object_end(json);
    pass_on(page);
}

static void write_source(struct sw_json *json, const struct sw_record_frame *frame, unsigned *left)
{
    struct sw_source source;
    if (*left == 0 || frame->file == NULL || !sw_source_read(&source, frame->file, frame->line)) {
        sw_json_null(json, "source");
        return;
    }
    sw_json_object_begin(json, "source");
    sw_json_unsigned(json, "first", source.first);
    sw_json_signed(json, "changed", source.changed_ms);
    sw_json_array_begin(json, "lines");
    for (unsigned i = 0; i < source.count; i++)
        sw_json_string(json, NULL, source.lines[i]);
    sw_json_array_end(json);
    sw_json_object_end(json);
    sw_source_release(&source);
    --*left;
}

static void write_frame_table(struct page_data *page, bool with_sources)
{
    struct sw_json *json = &page->json;
    unsigned sources_left = with_sources ? SOURCES_MOST : 0;
    sw_json_array_begin(json, "frames");
    for (size_t i = 0; i < page->numbers.count; i++) {
        const struct sw_record_frame *frame = page->numbers.frames[i];
        sw_json_object_begin(json, NULL);
        sw_json_string(json, "lang", frame->lang);
        sw_json_string(json, "function", frame->function);
        sw_json_string(json, "file", frame->file);
        sw_json_unsigned(json, "line", frame->line);
        sw_json_string(json, "module", frame->module);
        sw_json_bool(json, "inlined", frame->inlined);
        write_source(json, frame, &sources_left);
        sw_json_object_end(json);
        pass_on(page);
    }
    sw_json_array_end(json);
}

static void write_totals(struct sw_json *json, const struct sw_merge *merge)
{
    sw_json_string(json, "version", SW_VERSION);
    sw_json_unsigned(json, "stalls", merge->stalls);
    sw_json_unsigned(json, "counted", merge->counted);
    sw_json_unsigned(json, "suppressed", merge->suppressed);
    sw_json_unsigned(json, "known", merge->known);
    sw_json_unsigned(json, "ongoing", merge->ongoing);
    sw_json_unsigned(json, "pools", merge->pools);
    sw_json_unsigned(json, "processes", merge->processes);
    sw_json_unsigned(json, "hosts", merge->hosts);
    sw_json_unsigned(json, "lost", merge->lines_lost);
    sw_json_string(json, "first", merge->first);
    sw_json_string(json, "last", merge->last);
    sw_json_unsigned(json, "signature_count", merge->signature_count);
}

void sw_html_data(struct sw_output *output, const struct sw_merge *merge)
{
    static struct page_data page;
    struct sw_json *json = &page.json;
    size_t shown = merge->signature_count;
    if (shown > SW_HTML_SIGNATURES)
        shown = SW_HTML_SIGNATURES;
    page.output = output;
    sw_text_init(&page.text, page.buffer, sizeof page.buffer);
    sw_json_init(json, &page.text);
    sw_json_object_begin(json, NULL);
    write_totals(json, merge);
    sw_json_array_begin(json, "signatures");
    for (size_t i = 0; i < shown; i++)
        write_signature(&page, merge->signatures[i]);
    sw_json_array_end(json);
    sw_json_array_begin(json, "loops");
    for (size_t i = 0; i < merge->track_count; i++)
        write_loop(&page, merge->tracks[i]);
    sw_json_array_end(json);
    write_frame_table(&page, merge->want_sources);
    sw_json_object_end(json);
    pass_on(&page);
}
