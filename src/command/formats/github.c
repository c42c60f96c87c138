/*
 * GitHub's workflow commands, one annotation for each signature: an error where it counted, else a
 * notice. See formats.h and common/annotation.h. GitHub shows ten of each kind for a step, so the
 * worst come first.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/formats/formats.h"
#include "common/annotation.h"

#define TITLE_MOST   100
#define MESSAGE_MOST 16384
#define STACK_SHOWN  12

/* Where the workflow's files are: the runner says it to every step; else where this one runs. */
static const char *checkout(void)
{
    static char here[4096];
    const char *workspace = getenv("GITHUB_WORKSPACE");
    if (workspace != NULL && workspace[0] == '/')
        return workspace;
    return getcwd(here, sizeof here);
}

static const struct sw_record_frame *place_of(const struct sw_signature *signature,
                                              const char *root)
{
    const struct sw_record_frame *best = sw_merge_where(signature);
    unsigned best_rank = best != NULL ? sw_annotation_rank(best->file, root) : 0;
    unsigned count = signature->stack_count > 0 ? signature->stacks[0]->count : 0;
    for (unsigned i = 0; i < count; i++) {
        const struct sw_record_frame *frame = signature->stacks[0]->frames[i];
        unsigned rank = sw_annotation_rank(frame->file, root);
        if (rank > best_rank && rank > 1) {
            best = frame;
            best_rank = rank;
        }
    }
    return best;
}

static void write_message(struct sw_text *message, const struct sw_signature *signature)
{
    sw_format_why(message, signature);
    sw_text_string(message, "; ");
    sw_format_how_often(message, signature, signature->count);
    sw_text_string(message, ", in all ");
    sw_text_duration(message, signature->total_ns);
    sw_text_string(message, " (signature ");
    sw_text_hex(message, signature->signature, 16);
    sw_text_char(message, ')');
    if (signature->stack_count == 0)
        return;
    const struct sw_merged_stack *stack = signature->stacks[0];
    unsigned kernel = sw_format_kernel(message, "\n  ", stack, "");
    for (unsigned i = kernel; i < stack->count && i < kernel + STACK_SHOWN; i++) {
        sw_text_string(message, "\n  ");
        sw_format_frame(message, stack->frames[i]);
    }
}

static void write_annotation(struct sw_output *output, const struct sw_signature *signature,
                             const char *root)
{
    char title[TITLE_MOST], message[MESSAGE_MOST];
    struct sw_text text;
    const struct sw_record_frame *place = place_of(signature, root);
    sw_text_init(&text, title, sizeof title);
    sw_text_string(&text, signature->pool ? "thread pool full for " : "event loop stalled for ");
    sw_text_duration(&text, signature->max_ns);
    sw_text_init(&text, message, sizeof message);
    write_message(&text, signature);
    struct sw_annotation annotation = {
        .error = signature->counted > 0,
        .file = place != NULL ? place->file : NULL,
        .line = place != NULL ? place->line : 0,
        .title = title,
        .message = message,
    };
    sw_annotation_write(&output->text, &annotation, root);
    sw_output_flush(output);
}

void sw_format_github(struct sw_output *output, const struct sw_merge *merge)
{
    const char *root = checkout();
    for (size_t i = 0; i < merge->signature_count; i++) {
        const struct sw_signature *signature = merge->signatures[i];
        if (signature->counted > 0 ||
            (signature->suppressed < signature->count && !signature->known))
            write_annotation(output, signature, root);
    }
}
