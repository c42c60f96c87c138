/*
 * GitHub-flavoured Markdown, for a CI job's summary page. See formats.h.
 *
 * Names come from programs: outside of code blocks all that Markdown or HTML would act on is
 * written as a character reference, '|' included; stacks are blocks of indented code, which nothing
 * within can end.
 */
#include <string.h>

#include "command/formats/formats.h"

#define ROWS_SHOWN   50
#define STACKS_SHOWN 10
#define FRAMES_SHOWN 24

/* Links that GitHub makes of bare text: "http://…" and "www.…"; a reference is enough to stop it.
 */
static bool begins_link(const char *name, const char *at)
{
    return (at[0] == ':' && at[1] == '/') ||
           (at[0] == '.' && at > name && (at[-1] == 'w' || at[-1] == 'W'));
}

static void write_safe(struct sw_text *text, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '@') {
            /* Mentions and addresses are looked for after references are read: they are cut. */
            sw_text_string(text, "&#64;<!---->");
        } else if ((c < 0x80 && strchr("|`<>&*_[]()!#~\\", c) != NULL) || begins_link(name, at)) {
            sw_text_string(text, "&#");
            sw_text_unsigned(text, c);
            sw_text_char(text, ';');
        } else {
            sw_text_char(text, (char)c);
        }
    }
}

static void write_row(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text;
    sw_text_string(text, "| ");
    sw_text_unsigned(text, signature->count);
    sw_text_string(text, " | ");
    sw_text_unsigned(text, signature->counted);
    sw_text_string(text, " | ");
    sw_text_duration(text, signature->total_ns);
    sw_text_string(text, " | ");
    sw_text_duration(text, signature->max_ns);
    sw_text_string(text, " | ");
    sw_format_piece(text, signature, sw_format_why, write_safe);
    sw_text_string(text, " | ");
    sw_format_piece(text, signature, sw_format_where, write_safe);
    sw_text_string(text, " | ");
    sw_text_hex(text, signature->signature, 16);
    sw_text_string(text, " |\n");
    sw_output_flush(output);
}

static void write_stack(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text;
    const struct sw_merged_stack *stack = signature->stacks[0];
    sw_text_string(text, "\n<details><summary>");
    sw_format_piece(text, signature, sw_format_why, write_safe);
    sw_text_string(text, ", longest ");
    sw_text_duration(text, signature->max_ns);
    sw_text_string(text, ", in ");
    sw_format_piece(text, signature, sw_format_where, write_safe);
    sw_text_string(text, "</summary>\n\n");
    unsigned kernel = sw_format_kernel(text, "    ", stack, "\n");
    for (unsigned i = 0; i < FRAMES_SHOWN && kernel + i < stack->count; i++) {
        sw_text_string(text, "    #");
        sw_text_unsigned(text, i);
        sw_text_string(text, i < 10 ? "  " : " ");
        sw_format_frame(text, stack->frames[kernel + i]);
        sw_text_char(text, '\n');
        sw_output_flush(output);
    }
    sw_text_string(text, "\n</details>\n");
}

void sw_format_markdown(struct sw_output *output, const struct sw_merge *merge)
{
    struct sw_text *text = &output->text;
    size_t rows = merge->signature_count < ROWS_SHOWN ? merge->signature_count : ROWS_SHOWN;
    unsigned stacks = 0;
    sw_text_string(text, "## Event-loop stalls\n\n");
    sw_text_string(text, merge->counted > 0 ? "**Failed**: " : "**Passed**: ");
    sw_format_totals(text, merge);
    sw_text_string(text, ".\n");
    if (rows == 0)
        return;
    sw_text_string(text, "\n| count | counted | total | longest | cause | where | signature |\n"
                         "|---:|---:|---:|---:|---|---|---|\n");
    for (size_t i = 0; i < rows; i++)
        write_row(output, merge->signatures[i]);
    if (rows < merge->signature_count) {
        sw_text_string(text, "\nand ");
        sw_text_unsigned(text, merge->signature_count - rows);
        sw_text_string(text, " signatures more.\n");
    }
    for (size_t i = 0; i < rows && stacks < STACKS_SHOWN; i++) {
        if (merge->signatures[i]->stack_count == 0)
            continue;
        write_stack(output, merge->signatures[i]);
        stacks++;
    }
}
