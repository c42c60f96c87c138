/*
 * Where reports go: the text log and the JSON lines. Each record is one write, and what cannot be
 * written is counted, never retried at the program's cost. Watchdog thread.
 */
#ifndef SW_REPORT_SINK_H
#define SW_REPORT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/settings.h"
#include "common/text.h"
#include "preload/stall.h"

/* Expands the paths of the settings. Opens nothing yet. */
void sw_sink_start(const struct sw_settings *settings, const struct sw_process_info *process,
                   uint64_t now_realtime_ns);
/* Whole lines of text. To a pipe, longer ones than PIPE_BUF go in pieces that end at line ends. */
void sw_sink_text(const char *bytes, size_t length);
/* Lines about the library itself (a setting that cannot be used): to standard error, wherever the
 * log goes. */
void sw_sink_complain(const char *bytes, size_t length);
/* One JSON line with its newline. */
void sw_sink_json(const char *bytes, size_t length);
bool sw_sink_wants_json(void);
/* Lines that could not be written so far. */
uint64_t sw_sink_lost(void);
/* A line about a file that could not be opened, once each; false: nothing to say. */
bool sw_sink_problem(struct sw_text *text);
/* The expanded paths for the helper, "" where there is none; and whether text goes to standard
 * error. */
const char *sw_sink_text_path(void);
const char *sw_sink_json_path(void);
bool sw_sink_text_is_stderr(void);
/* Standard error as it is now, borrowed, if it is still what it was when the library was loaded;
 * else negative. */
int sw_sink_borrow_stderr(void);

#endif
