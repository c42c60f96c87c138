/*
 * GitHub's workflow commands, one annotation for each signature: an error where it counted, else a
 * notice. See formats.h. GitHub shows ten of each kind for a step, so the worst come first.
 *
 * In a message '%', CR and LF are written as %25, %0D, %0A; in a property ':' and ',' too.
 */
#include <string.h>
#include <unistd.h>

#include "command/formats/formats.h"

#define TEXT_MOST   2048
#define STACK_SHOWN 12

static void write_escaped(struct sw_text *text, const char *bytes, bool property)
{
    for (; *bytes != '\0'; bytes++) {
        switch (*bytes) {
        case '%':
            sw_text_string(text, "%25");
            break;
        case '\r':
            sw_text_string(text, "%0D");
            break;
        case '\n':
            sw_text_string(text, "%0A");
            break;
        case ':':
            sw_text_string(text, property ? "%3A" : ":");
            break;
        case ',':
            sw_text_string(text, property ? "%2C" : ",");
            break;
        default:
            sw_text_char(text, *bytes);
        }
    }
}

/* Files are named relative to the checkout, which is where the workflow runs. */
static const char *in_checkout(const char *file)
{
    char here[4096];
    if (getcwd(here, sizeof here) == NULL)
        return file;
    size_t length = strlen(here);
    if (strncmp(file, here, length) == 0 && file[length] == '/')
        return file + length + 1;
    return file;
}

static void write_place(struct sw_text *text, const struct sw_signature *signature)
{
    const struct sw_record_frame *frame = sw_merge_where(signature);
    char buffer[TEXT_MOST];
    struct sw_text escaped;
    if (frame == NULL || frame->file == NULL)
        return;
    sw_text_init(&escaped, buffer, sizeof buffer);
    const char *file = in_checkout(frame->file);
    sw_text_escaped(&escaped, file, strlen(file), 400);
    sw_text_string(text, "file=");
    write_escaped(text, buffer, true);
    if (frame->line != 0) {
        sw_text_string(text, ",line=");
        sw_text_unsigned(text, frame->line);
    }
    sw_text_char(text, ',');
}

static void write_annotation(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text, message;
    char buffer[TEXT_MOST * 16];
    sw_text_string(text, signature->counted > 0 ? "::error " : "::notice ");
    write_place(text, signature);
    sw_text_init(&message, buffer, sizeof buffer);
    sw_text_string(&message, signature->pool ? "thread pool full for " : "event loop stalled for ");
    sw_text_duration(&message, signature->max_ns);
    sw_text_string(text, "title=");
    write_escaped(text, buffer, true);
    sw_text_reset(&message);
    sw_format_why(&message, signature);
    sw_text_string(&message, "; ");
    sw_format_how_often(&message, signature, signature->count);
    sw_text_string(&message, ", in all ");
    sw_text_duration(&message, signature->total_ns);
    sw_text_string(&message, " (signature ");
    sw_text_hex(&message, signature->signature, 16);
    sw_text_char(&message, ')');
    unsigned count = signature->stack_count > 0 ? signature->stacks[0]->count : 0;
    for (unsigned i = 0; i < count && i < STACK_SHOWN; i++) {
        sw_text_string(&message, "\n  ");
        sw_format_frame(&message, signature->stacks[0]->frames[i]);
    }
    sw_text_string(text, "::");
    write_escaped(text, buffer, false);
    sw_text_char(text, '\n');
    sw_output_flush(output);
}

void sw_format_github(struct sw_output *output, const struct sw_merge *merge)
{
    for (size_t i = 0; i < merge->signature_count; i++) {
        const struct sw_signature *signature = merge->signatures[i];
        if (signature->counted > 0 ||
            (signature->suppressed < signature->count && !signature->known))
            write_annotation(output, signature);
    }
}
