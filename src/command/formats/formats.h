/*
 * The forms that a merge can be written in, one file each, and what they have in common. Each
 * writes into the output and flushes as it goes; none fails by itself (sw_output_close says).
 */
#ifndef SW_COMMAND_FORMATS_H
#define SW_COMMAND_FORMATS_H

#include "command/merge.h"
#include "command/output.h"

typedef void (*sw_format_write)(struct sw_output *output, const struct sw_merge *merge);

struct sw_format {
    const char *name;
    sw_format_write write;
    bool wants_parts, wants_points; /* see struct sw_merge */
};
/* NULL: there is none of that name. */
const struct sw_format *sw_format_find(const char *name);
/* The name that was most likely meant; NULL where none is near. */
const char *sw_format_nearest(const char *name);

/* Each writes the whole of a finished merge. */
void sw_format_text(struct sw_output *output, const struct sw_merge *merge);
void sw_format_json(struct sw_output *output, const struct sw_merge *merge);
void sw_format_markdown(struct sw_output *output, const struct sw_merge *merge);
void sw_format_folded(struct sw_output *output, const struct sw_merge *merge);
void sw_format_speedscope(struct sw_output *output, const struct sw_merge *merge);
void sw_format_junit(struct sw_output *output, const struct sw_merge *merge);
void sw_format_github(struct sw_output *output, const struct sw_merge *merge);
void sw_format_html(struct sw_output *output, const struct sw_merge *merge);
void sw_format_suppressions(struct sw_output *output, const struct sw_merge *merge);

/* The table of signatures as aligned text, each line after `prefix`, `most` rows at most; for the
 * text report and for a run's summary. */
void sw_format_table(struct sw_output *output, const struct sw_merge *merge, const char *prefix,
                     size_t most);

/* Shared pieces, into any text; escaped for a terminal where `escaped` is in the name. */
/* "12 stalls, 3 counted, 1 suppressed in 2 processes". */
void sw_format_totals(struct sw_text *text, const struct sw_merge *merge);
/* "blocking-call: usleep(250 ms)", in at most some hundred bytes. */
void sw_format_why(struct sw_text *text, const struct sw_signature *signature);
/* "function file:line", escaped; "?" where there is no stack. */
void sw_format_where(struct sw_text *text, const struct sw_signature *signature);
/* What one of these two (`describe`) writes, by way of `escape`: for a form that has an escaping of
 * its own. */
void sw_format_piece(struct sw_text *text, const struct sw_signature *signature,
                     void (*describe)(struct sw_text *, const struct sw_signature *),
                     void (*escape)(struct sw_text *, const char *));
/* A frame's name as it is: its function, else its module in brackets, else "?". */
const char *sw_format_frame_name(const struct sw_record_frame *frame, char *buffer, size_t size);
/* "file:line", else its module, else its language; escaped. */
void sw_format_frame_place(struct sw_text *text, const struct sw_record_frame *frame);
/* Name and place; escaped, in less than 2 KiB. */
void sw_format_frame(struct sw_text *text, const struct sw_record_frame *frame);
/* The innermost frames that are the kernel's as one line, "in the kernel: innermost ← its caller",
 * escaped, between `before` and `after`: so that what the program did comes first to the eye.
 * Returns how many frames that were; 0, and nothing written, where there is none. */
unsigned sw_format_kernel(struct sw_text *text, const char *before,
                          const struct sw_merged_stack *stack, const char *after);
/* "blocking-call", or "pool". */
const char *sw_format_cause(const struct sw_signature *signature);
/* "3 stalls"; of a pool "3 times full". */
void sw_format_how_often(struct sw_text *text, const struct sw_signature *signature,
                         uint64_t count);
/* The count with its noun: "1 stall", "2 stalls". */
void sw_format_count(struct sw_text *text, uint64_t count, const char *one, const char *many);

#endif
