/*
 * Folded stacks, "program;outermost;…;innermost N" a line, as flame-graph tools read them; N is
 * whole milliseconds of stalls, at least 1. See formats.h.
 */
#include <string.h>

#include "command/formats/formats.h"

/* ';' would end the name, and what a terminal acts on has no place in it. */
static void write_name(struct sw_text *text, const char *name)
{
    char buffer[SW_STRING_MOST * 4 + 8];
    struct sw_text escaped;
    sw_text_init(&escaped, buffer, sizeof buffer);
    sw_text_escaped(&escaped, name, strlen(name), SW_STRING_MOST);
    for (const char *at = buffer; *at != '\0'; at++) {
        if (*at == ';')
            sw_text_string(text, "\\x3b");
        else
            sw_text_char(text, *at);
    }
}

/* What flame-graph tools know of a frame by the end of its name: "_[k]" is the kernel's, "_[j]"
 * made at run time, "_[i]" inlined. Functions of scripts are told apart by their files. */
static void write_frame(struct sw_text *text, const struct sw_record_frame *frame)
{
    char buffer[256];
    const char *lang = frame->lang != NULL ? frame->lang : "native";
    write_name(text, sw_format_frame_name(frame, buffer, sizeof buffer));
    if (strcmp(lang, "kernel") == 0) {
        sw_text_string(text, "_[k]");
    } else if (strcmp(lang, "java") == 0 || strcmp(lang, "jit") == 0) {
        sw_text_string(text, "_[j]");
    } else if (strcmp(lang, "native") != 0 && frame->file != NULL) {
        const char *slash = strrchr(frame->file, '/');
        sw_text_string(text, " (");
        write_name(text, slash != NULL ? slash + 1 : frame->file);
        sw_text_char(text, ')');
    } else if (frame->inlined) {
        sw_text_string(text, "_[i]");
    }
}

static void write_end(struct sw_output *output, uint64_t weight_ns)
{
    uint64_t ms = (weight_ns + 500000) / 1000000;
    sw_text_char(&output->text, ' ');
    sw_text_unsigned(&output->text, ms > 0 ? ms : 1);
    sw_text_char(&output->text, '\n');
    sw_output_flush(output);
}

/* The root; below it, of a pool, the pool. */
static void write_program(struct sw_output *output, const struct sw_signature *signature)
{
    write_name(&output->text, signature->program_count > 0 && signature->programs[0][0] != '\0'
                                  ? signature->programs[0]
                                  : "?");
    if (signature->pool) {
        sw_text_string(&output->text, ";[pool ");
        write_name(&output->text, signature->thread);
        sw_text_char(&output->text, ']');
    }
}

void sw_format_folded(struct sw_output *output, const struct sw_merge *merge)
{
    for (size_t i = 0; i < merge->signature_count; i++) {
        const struct sw_signature *signature = merge->signatures[i];
        for (unsigned j = 0; j < signature->stack_count; j++) {
            const struct sw_merged_stack *stack = signature->stacks[j];
            write_program(output, signature);
            for (unsigned k = stack->count; k-- > 0;) {
                sw_text_char(&output->text, ';');
                write_frame(&output->text, stack->frames[k]);
                sw_output_flush(output);
            }
            write_end(output, stack->weight_ns);
        }
        if (signature->without_stack_ns == 0)
            continue;
        write_program(output, signature);
        sw_text_string(&output->text, ";[no stack]");
        if (signature->call.name != NULL) {
            sw_text_char(&output->text, ';');
            write_name(&output->text, signature->call.name);
        }
        write_end(output, signature->without_stack_ns);
    }
}
