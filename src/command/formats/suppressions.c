/*
 * `report --write-suppressions`: a rule for each signature that counted, with what it is about as a
 * comment, and a broader one to choose instead. See formats.h and common/suppressions.h.
 */
#include <string.h>

#include "command/formats/formats.h"

/* A name as a glob for itself. Returns false for one that no rule can have. */
static bool write_glob(struct sw_text *text, const char *name)
{
    size_t start = text->length;
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            sw_text_rewind(text, start);
            return false;
        }
        /* A '#' behind a space would begin a comment. */
        bool comment = *at == '#' && at > name && at[-1] == ' ';
        if (strchr("*?[\\", *at) != NULL)
            sw_text_char(text, '\\');
        sw_text_char(text, comment ? '?' : *at);
    }
    return true;
}

static void write_rule(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text;
    const struct sw_record_frame *frame = sw_merge_where(signature);
    sw_text_string(text, "\n# ");
    sw_format_how_often(text, signature, signature->counted);
    sw_text_string(text, ", longest ");
    sw_text_duration(text, signature->max_ns);
    sw_text_string(text, ": ");
    sw_format_why(text, signature);
    sw_text_string(text, "\n# in ");
    sw_format_where(text, signature);
    sw_text_string(text, "\nsignature:");
    sw_text_hex(text, signature->signature, 16);
    sw_text_char(text, '\n');
    if (frame != NULL && frame->function != NULL && strlen(frame->function) < 1000) {
        size_t start = text->length;
        sw_text_string(text, "# or, whatever leads there:  function:");
        if (write_glob(text, frame->function))
            sw_text_char(text, '\n');
        else
            sw_text_rewind(text, start);
    }
    sw_output_flush(output);
}

void sw_format_suppressions(struct sw_output *output, const struct sw_merge *merge)
{
    sw_text_string(&output->text, "# Written by stallwatch report --write-suppressions.\n");
    for (size_t i = 0; i < merge->signature_count; i++)
        if (merge->signatures[i]->counted > 0)
            write_rule(output, merge->signatures[i]);
}
