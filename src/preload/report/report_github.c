/*
 * A stall as an annotation on GitHub. See report.h and common/annotation.h. Called by
 * watch/tell/annotations.c on the watchdog thread.
 *
 * The line is to be one write to a pipe that other processes write to as well, which is whole up to
 * PIPE_BUF (pipe(7)): frames are left out until it is.
 */
#include "preload/report/report.h"

#include <limits.h>
#include <string.h>

#include "common/annotation.h"
#include "preload/report/report_parts.h"

#define TITLE_MOST   100
#define MESSAGE_MOST 4096
#define STACK_SHOWN  12
#define NAME_SHOWN   120

/* The innermost frame whose file ranks highest; NULL: none has one. */
static const struct sw_frame *place_of(const struct sw_stall *stall, const char *checkout)
{
    const struct sw_frame *best = NULL;
    unsigned best_rank = 0;
    for (unsigned i = 0; stall->stack_count > 0 && i < stall->stacks[0].count; i++) {
        const struct sw_frame *frame = &stall->stacks[0].frames[i];
        unsigned rank = sw_annotation_rank(frame->file, checkout);
        if (rank > best_rank) {
            best = frame;
            best_rank = rank;
        }
    }
    return best;
}

static void write_name(struct sw_text *text, const char *name)
{
    sw_text_escaped(text, name, strlen(name), NAME_SHOWN);
}

static void write_message(struct sw_text *text, const struct sw_stall *stall, unsigned frames)
{
    sw_text_string(text, sw_settings_cause_name(stall->cause));
    sw_text_string(text, ": ");
    sw_report_cause_text(text, stall);
    sw_text_string(text, " (signature ");
    sw_text_hex(text, stall->signature, 16);
    sw_text_char(text, ')');
    for (unsigned i = 0; stall->stack_count > 0 && i < stall->stacks[0].count && i < frames; i++) {
        const struct sw_frame *frame = &stall->stacks[0].frames[i];
        const char *name = frame->function != NULL ? frame->function : frame->module;
        sw_text_string(text, "\n  ");
        write_name(text, name != NULL ? name : "?");
        if (frame->file == NULL)
            continue;
        sw_text_char(text, ' ');
        write_name(text, frame->file);
        sw_text_char(text, ':');
        sw_text_unsigned(text, frame->line);
    }
}

void sw_report_stall_github(struct sw_text *text, const struct sw_stall *stall,
                            const char *checkout)
{
    char title[TITLE_MOST], message[MESSAGE_MOST];
    const struct sw_frame *place = place_of(stall, checkout);
    size_t start = text->length;
    struct sw_text part;
    sw_text_init(&part, title, sizeof title);
    sw_text_string(&part, "event loop stalled for ");
    sw_report_ms(&part, stall->duration_ns);
    sw_text_string(&part, stall->state == SW_STALL_ONGOING ? " so far" : "");
    for (unsigned frames = STACK_SHOWN;; frames /= 2) {
        sw_text_init(&part, message, sizeof message);
        write_message(&part, stall, frames);
        struct sw_annotation annotation = {
            .error = stall->counted,
            .file = place != NULL ? place->file : NULL,
            .line = place != NULL ? place->line : 0,
            .title = title,
            .message = message,
        };
        sw_annotation_write(text, &annotation, checkout);
        if (frames == 0 || (!part.truncated && text->length - start <= PIPE_BUF))
            return;
        sw_text_rewind(text, start);
    }
}
