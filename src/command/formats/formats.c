/* What the formats have in common; see formats.h. */
#include "command/formats/formats.h"

#include <string.h>

#include "common/nearest.h"

#define NAME_SHOWN   200
#define KERNEL_SHOWN 6
#define PIECE_MOST   2048

static const struct sw_format formats[] = {
    {"text", sw_format_text, false, false},
    {"json", sw_format_json, false, false},
    {"markdown", sw_format_markdown, false, false},
    {"html", sw_format_html, false, true},
    {"folded", sw_format_folded, false, false},
    {"speedscope", sw_format_speedscope, true, false},
    {"junit", sw_format_junit, false, false},
    {"github", sw_format_github, false, false},
};

const struct sw_format *sw_format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

const char *sw_format_nearest(const char *name)
{
    const char *best = NULL;
    unsigned least = 3; /* farther is a guess */
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        size_t known = strlen(formats[i].name);
        unsigned far = sw_nearest_distance(name, strlen(name), formats[i].name, known);
        if (far < least && far < known) {
            least = far;
            best = formats[i].name;
        }
    }
    return best;
}

void sw_format_count(struct sw_text *text, uint64_t count, const char *one, const char *many)
{
    sw_text_unsigned(text, count);
    sw_text_char(text, ' ');
    sw_text_string(text, count == 1 ? one : many);
}

static void part(struct sw_text *text, uint64_t count, const char *word)
{
    if (count == 0)
        return;
    sw_text_string(text, ", ");
    sw_text_unsigned(text, count);
    sw_text_string(text, word);
}

void sw_format_totals(struct sw_text *text, const struct sw_merge *merge)
{
    if (merge->stalls + merge->pools == 0) {
        sw_text_string(text, "no stalls");
    } else {
        sw_format_count(text, merge->stalls, "stall", "stalls");
        part(text, merge->pools, merge->pools == 1 ? " full pool" : " full pools");
        sw_text_string(text, ", ");
        sw_text_unsigned(text, merge->counted);
        sw_text_string(text, " counted");
        part(text, merge->suppressed, " suppressed");
        part(text, merge->known, " in the baseline");
        part(text, merge->ongoing, " not ended");
    }
    sw_text_string(text, " in ");
    sw_format_count(text, merge->processes, "process", "processes");
    if (merge->hosts > 1) {
        sw_text_string(text, " on ");
        sw_format_count(text, merge->hosts, "host", "hosts");
    }
}

static void escaped(struct sw_text *text, const char *name)
{
    sw_text_escaped(text, name, name == NULL ? 0 : strlen(name), NAME_SHOWN);
}

const char *sw_format_cause(const struct sw_signature *signature)
{
    return signature->pool ? "pool" : sw_settings_cause_name(signature->cause);
}

void sw_format_how_often(struct sw_text *text, const struct sw_signature *signature, uint64_t count)
{
    if (signature->pool)
        sw_format_count(text, count, "time full", "times full");
    else
        sw_format_count(text, count, "stall", "stalls");
}

void sw_format_why(struct sw_text *text, const struct sw_signature *signature)
{
    sw_text_string(text, sw_format_cause(signature));
    if (signature->pool) {
        sw_text_string(text, ": all ");
        sw_format_count(text, signature->pool_threads, "thread", "threads");
        sw_text_string(text, " of \"");
        escaped(text, signature->thread);
        sw_text_string(text, "\" busy while work waits");
    }
    if (signature->call.name == NULL)
        return;
    sw_text_string(text, ": ");
    escaped(text, signature->call.name);
    sw_text_char(text, '(');
    escaped(text, signature->call.detail);
    sw_text_char(text, ')');
    if (signature->call.count > 1) {
        sw_text_string(text, " × ");
        sw_text_unsigned(text, signature->call.count);
    }
}

void sw_format_where(struct sw_text *text, const struct sw_signature *signature)
{
    const struct sw_record_frame *frame = sw_merge_where(signature);
    if (frame == NULL) {
        sw_text_char(text, '?');
        return;
    }
    escaped(text, frame->function);
    if (frame->file == NULL)
        return;
    sw_text_char(text, ' ');
    sw_format_frame_place(text, frame);
}

void sw_format_piece(struct sw_text *text, const struct sw_signature *signature,
                     void (*describe)(struct sw_text *, const struct sw_signature *),
                     void (*escape)(struct sw_text *, const char *))
{
    char buffer[PIECE_MOST];
    struct sw_text piece;
    sw_text_init(&piece, buffer, sizeof buffer);
    describe(&piece, signature);
    escape(text, buffer);
}

void sw_format_frame_place(struct sw_text *text, const struct sw_record_frame *frame)
{
    bool native = frame->lang == NULL || strcmp(frame->lang, "native") == 0;
    if (frame->file == NULL) {
        escaped(text, frame->module != NULL ? frame->module : native ? "?" : frame->lang);
        return;
    }
    escaped(text, frame->file);
    if (frame->line != 0) {
        sw_text_char(text, ':');
        sw_text_unsigned(text, frame->line);
    }
}

void sw_format_frame(struct sw_text *text, const struct sw_record_frame *frame)
{
    char buffer[256];
    escaped(text, sw_format_frame_name(frame, buffer, sizeof buffer));
    sw_text_string(text, "  ");
    sw_format_frame_place(text, frame);
}

static bool in_kernel(const struct sw_record_frame *frame)
{
    return frame->lang != NULL && strcmp(frame->lang, "kernel") == 0;
}

unsigned sw_format_kernel(struct sw_text *text, const char *before,
                          const struct sw_merged_stack *stack, const char *after)
{
    char buffer[256];
    unsigned count = 0;
    for (; count < stack->count && in_kernel(stack->frames[count]); count++) {
        const struct sw_record_frame *frame = stack->frames[count];
        if (count == KERNEL_SHOWN)
            sw_text_string(text, " ← …");
        if (count >= KERNEL_SHOWN)
            continue;
        sw_text_string(text, count == 0 ? before : " ← ");
        sw_text_string(text, count == 0 ? "in the kernel: " : "");
        escaped(text, sw_format_frame_name(frame, buffer, sizeof buffer));
    }
    sw_text_string(text, count > 0 ? after : "");
    return count;
}

const char *sw_format_frame_name(const struct sw_record_frame *frame, char *buffer, size_t size)
{
    struct sw_text text;
    if (frame->function != NULL)
        return frame->function;
    if (frame->module == NULL)
        return "?";
    sw_text_init(&text, buffer, size);
    sw_text_char(&text, '[');
    sw_text_bytes(&text, frame->module, strnlen(frame->module, size - 3));
    sw_text_char(&text, ']');
    return buffer;
}
