/*
 * What the files of this room share: the prefix of text lines, cutting a text at a line's end, and
 * the keys that all JSON records begin with. Watchdog thread only; pure, as report.h.
 */
#ifndef SW_REPORT_PARTS_H
#define SW_REPORT_PARTS_H

#include "common/json.h"
#include "preload/stall.h"

/* Begins a line of text: "==PID== ". */
void sw_report_prefix(struct sw_text *text, int pid);
/* A name that the program gave: what a terminal would act on is escaped, and it is cut; NULL writes
 * "?". */
void sw_report_name(struct sw_text *text, const char *name);
/* What to call the program: its main thread's name, but for one that says no more than that (node
 * has "MainThread" from version 24 on). */
void sw_report_program(struct sw_text *text, const struct sw_process_info *process);
/* Nanoseconds as "501.2 ms". */
void sw_report_ms(struct sw_text *text, uint64_t ns);
/* Where the text is truncated, takes back what stands behind the last '\n' after `start`;
 * `truncated` stays set. */
void sw_report_whole_lines(struct sw_text *text, size_t start);
/* The main stack frame by frame (at most `most` of them), and a line for each of the others. */
void sw_report_stacks_text(struct sw_text *text, int pid, const struct sw_stall *stall,
                           unsigned most);

/* `name(detail)`, or `name × count` of many. */
void sw_report_call(struct sw_text *text, const struct sw_call_total *call);
/* The sentence that says what held the loop, with its figures. */
void sw_report_cause_text(struct sw_text *text, const struct sw_stall *stall);
/* Who holds what the loop waits for, with at most `most` frames; NULL: nothing. */
void sw_report_holder_text(struct sw_text *text, int pid, const struct sw_holder *holder,
                           unsigned most);

/* A JSON record being written. Where the buffer is too small it is written again with less in it.
 */
struct sw_report_record {
    struct sw_json json;
    size_t start;     /* of the record in the text */
    size_t name_most; /* bytes of any name */
};
/* Opens the record and writes the keys that all have ("v" to "comm"); takes back what an earlier
 * try has left. */
void sw_report_record_begin(struct sw_report_record *record, const struct sw_process_info *process,
                            const char *type, uint64_t time_ns);
/* A string cut to name_most bytes, between characters. */
void sw_report_record_string(struct sw_report_record *record, const char *key, const char *value);
/* {"tid", "name", "main"} as "thread". */
void sw_report_record_thread(struct sw_report_record *record, int tid, const char *name,
                             bool main_thread);
/* Closes it and ends the line. True if all of it found room. */
bool sw_report_record_end(struct sw_report_record *record);
/* Takes the record out of the text where nothing of it can be had; `truncated` is set. */
void sw_report_record_drop(struct sw_report_record *record);

#endif
