/*
 * The lines of a file of rules: one rule a line, '#' begins a comment line. What the tables of
 * parks and of hints have in common. Watchdog thread.
 */
#ifndef SW_WATCH_RULE_LINES_H
#define SW_WATCH_RULE_LINES_H

#include "common/text.h"

/* Takes over the rule of a line, which is trimmed and stays; returns NULL, or why it did not: what
 * was expected. */
typedef const char *(*sw_rule_line_take)(char *line);

/* Hands the lines of `bytes` (`length` of them and a NUL; they are cut in place, and have to stay)
 * to `take`. Each that it did not take becomes a line of `problems`, named by `path` and number. */
void sw_rule_lines_take(const char *path, char *bytes, size_t length, struct sw_text *problems,
                        sw_rule_line_take take);
/* The text without the blanks at its ends; cut in place. */
char *sw_rule_lines_trim(char *line);

#endif
