/*
 * JUnit's XML, as CI systems read it: one testcase for each signature in a testsuite for its
 * program, failed where it counted; a run without stalls is one testcase that passed. See
 * formats.h.
 */
#include <string.h>

#include "command/formats/formats.h"

#define TEXT_MOST    2048
#define FRAMES_SHOWN 64

/* XML 1.0 has no control characters, not even as references: they have been escaped before. */
static void write_xml(struct sw_text *text, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        switch (*bytes) {
        case '&':
            sw_text_string(text, "&amp;");
            break;
        case '<':
            sw_text_string(text, "&lt;");
            break;
        case '>':
            sw_text_string(text, "&gt;");
            break;
        case '"':
            sw_text_string(text, "&quot;");
            break;
        default:
            /* U+FFFE and U+FFFF are no characters of XML either. */
            if (memcmp(bytes, "\xef\xbf\xbe", strnlen(bytes, 3)) == 0 ||
                memcmp(bytes, "\xef\xbf\xbf", strnlen(bytes, 3)) == 0) {
                sw_text_char(text, '?');
                bytes += 2;
            } else {
                sw_text_char(text, *bytes);
            }
        }
    }
}

static void write_escaped(struct sw_text *text, const char *name)
{
    char buffer[TEXT_MOST];
    struct sw_text escaped;
    sw_text_init(&escaped, buffer, sizeof buffer);
    sw_text_escaped(&escaped, name, name == NULL ? 0 : strlen(name), 400);
    write_xml(text, buffer);
}

static void write_seconds(struct sw_text *text, uint64_t ns)
{
    char buffer[32];
    struct sw_text decimals;
    uint64_t us = (ns + 500) / 1000;
    sw_text_unsigned(text, us / 1000000);
    sw_text_init(&decimals, buffer, sizeof buffer);
    sw_text_unsigned(&decimals, us % 1000000 + 1000000); /* its first digit makes the zeros */
    sw_text_char(text, '.');
    sw_text_string(text, buffer + 1);
}

static void write_stack(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text;
    char buffer[TEXT_MOST];
    struct sw_text frame;
    if (signature->stack_count == 0)
        return;
    const struct sw_merged_stack *stack = signature->stacks[0];
    sw_text_init(&frame, buffer, sizeof buffer);
    unsigned kernel = sw_format_kernel(&frame, "\n", stack, "");
    write_xml(text, buffer);
    for (unsigned i = 0; i < FRAMES_SHOWN && kernel + i < stack->count; i++) {
        sw_text_string(text, "\n#");
        sw_text_unsigned(text, i);
        sw_text_char(text, ' ');
        sw_text_init(&frame, buffer, sizeof buffer);
        sw_format_frame(&frame, stack->frames[kernel + i]);
        write_xml(text, buffer);
        sw_output_flush(output);
    }
}

static void write_message(struct sw_text *text, const struct sw_signature *signature)
{
    sw_format_how_often(text, signature, signature->count);
    sw_text_string(text, ", longest ");
    sw_text_duration(text, signature->max_ns);
    sw_text_string(text, ": ");
    sw_format_piece(text, signature, sw_format_why, write_xml);
}

static const char *program_of(const struct sw_signature *signature)
{
    return signature->program_count > 0 && signature->programs[0][0] != '\0'
               ? signature->programs[0]
               : "?";
}

/* counted: failed. Suppressed or in the baseline: skipped. Notes: passed, with the text as output.
 */
static void write_case(struct sw_output *output, const struct sw_signature *signature)
{
    struct sw_text *text = &output->text;
    bool failed = signature->counted > 0;
    bool skipped = !failed && (signature->known || signature->suppressed > 0);
    sw_text_string(text, "    <testcase classname=\"stallwatch.");
    write_escaped(text, program_of(signature));
    sw_text_string(text, "\" name=\"");
    sw_format_piece(text, signature, sw_format_where, write_xml);
    sw_text_string(text, " [");
    sw_text_hex(text, signature->signature, 16);
    sw_text_string(text, "]\" time=\"");
    write_seconds(text, signature->total_ns);
    sw_text_string(text, "\">\n");
    if (skipped) {
        sw_text_string(text, "      <skipped message=\"");
        write_escaped(text, signature->known ? "in the baseline" : signature->rule);
        sw_text_string(text, "\"/>\n");
    } else {
        sw_text_string(text, failed ? "      <failure type=\"" : "      <system-out>not counted: ");
        sw_text_string(text, sw_format_cause(signature));
        sw_text_string(text, failed ? "\" message=\"" : ": ");
        write_message(text, signature);
        sw_text_string(text, failed ? "\">" : "");
        write_message(text, signature);
        write_stack(output, signature);
        sw_text_string(text, failed ? "\n</failure>\n" : "\n</system-out>\n");
    }
    sw_text_string(text, "    </testcase>\n");
    sw_output_flush(output);
}

struct counts {
    uint64_t tests, failures, skipped, total_ns;
};

static void add(struct counts *counts, const struct sw_signature *signature)
{
    bool failed = signature->counted > 0;
    counts->tests++;
    counts->failures += failed;
    counts->skipped += !failed && (signature->known || signature->suppressed > 0);
    counts->total_ns += signature->total_ns;
}

/* `suite`: of one suite; the element of all has no "skipped" in Jenkins' schema. */
static void write_counts(struct sw_text *text, const struct counts *counts, bool suite)
{
    sw_text_string(text, " tests=\"");
    sw_text_unsigned(text, counts->tests);
    sw_text_string(text, "\" failures=\"");
    sw_text_unsigned(text, counts->failures);
    sw_text_string(text, "\" errors=\"0\"");
    if (suite) {
        sw_text_string(text, " skipped=\"");
        sw_text_unsigned(text, counts->skipped);
        sw_text_char(text, '"');
    }
    sw_text_string(text, " time=\"");
    write_seconds(text, counts->total_ns);
    sw_text_char(text, '"');
}

static void write_suite(struct sw_output *output, const struct sw_merge *merge, size_t first)
{
    struct sw_text *text = &output->text;
    const char *program = program_of(merge->signatures[first]);
    struct counts counts = {0, 0, 0, 0};
    for (size_t i = 0; i < first; i++)
        if (program_of(merge->signatures[i]) == program)
            return; /* has been written with that one */
    for (size_t i = first; i < merge->signature_count; i++)
        if (program_of(merge->signatures[i]) == program)
            add(&counts, merge->signatures[i]);
    sw_text_string(text, "  <testsuite name=\"");
    write_escaped(text, program);
    sw_text_string(text, "\"");
    write_counts(text, &counts, true);
    sw_text_string(text, ">\n");
    for (size_t i = first; i < merge->signature_count; i++)
        if (program_of(merge->signatures[i]) == program)
            write_case(output, merge->signatures[i]);
    sw_text_string(text, "  </testsuite>\n");
}

void sw_format_junit(struct sw_output *output, const struct sw_merge *merge)
{
    struct sw_text *text = &output->text;
    struct counts counts = {0, 0, 0, 0};
    for (size_t i = 0; i < merge->signature_count; i++)
        add(&counts, merge->signatures[i]);
    counts.tests += merge->signature_count == 0;
    sw_text_string(text,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stallwatch\"");
    write_counts(text, &counts, false);
    sw_text_string(text, ">\n");
    if (merge->signature_count == 0) {
        sw_text_string(text, "  <testsuite name=\"stallwatch\"");
        write_counts(text, &counts, true);
        sw_text_string(text,
                       ">\n    <testcase classname=\"stallwatch\" name=\"no event loop stalled\" "
                       "time=\"0.000000\"/>\n  </testsuite>\n");
    }
    for (size_t i = 0; i < merge->signature_count; i++)
        write_suite(output, merge, i);
    sw_text_string(text, "</testsuites>\n");
}
