/*
 * Records as people and programs read them: text lines ("==PID== ") and JSON lines, put together in
 * a sw_text. Pure: nothing is written here. Watchdog thread only.
 */
#ifndef SW_REPORT_REPORT_H
#define SW_REPORT_REPORT_H

#include "common/text.h"
#include "preload/stall.h"

#define SW_REPORT_TEXT_FRAMES 40 /* frames of the main stack shown in the text */

/*
 * In all of these what does not fit is left out by whole lines, frames first, and `truncated` is
 * set only where more than frames is missing. A text that is truncated already is left as it is.
 */

/* The full text report of a stall; `brief` the one line for a signature that has been reported
 * before. */
void sw_report_stall_text(struct sw_text *text, const struct sw_process_info *process,
                          const struct sw_stall *stall, bool brief);
/* One line, a workflow command of GitHub's; files in `checkout` are named relative to it. */
void sw_report_stall_github(struct sw_text *text, const struct sw_stall *stall,
                            const char *checkout);
void sw_report_summary_text(struct sw_text *text, const struct sw_process_info *process,
                            const struct sw_summary *summary);
/* A line of the library's own, prefixed: "==PID== stallwatch: MESSAGE"; each line of it where it
 * has several (the problems and the help of settings.h), a last '\n' making none of its own.
 * Controls in it are escaped. */
void sw_report_message_text(struct sw_text *text, int pid, const char *message);

/* Each one line with its '\n'. Where the buffer is too small the stacks are left out (arguments,
 * loops), then names are cut, so that the line is whole; where even that does not fit nothing is
 * appended, and `truncated` is set. */
void sw_report_process_json(struct sw_text *text, const struct sw_process_info *process,
                            uint64_t now_ns);
void sw_report_stall_json(struct sw_text *text, const struct sw_process_info *process,
                          const struct sw_stall *stall, bool with_stacks);
void sw_report_summary_json(struct sw_text *text, const struct sw_process_info *process,
                            const struct sw_summary *summary, uint64_t now_ns);

#endif
