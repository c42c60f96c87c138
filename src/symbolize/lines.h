/* Function, file and line of an address of a file. Helper process only. */
#ifndef SW_SYMBOLIZE_LINES_H
#define SW_SYMBOLIZE_LINES_H

#include "common/symbolize_protocol.h"

/* Fills `answer` for `question`: inlined functions innermost first, the one that was compiled last;
 * without debug information one line with the symbol's name; count 0 where nothing is known.
 * Returns 0, or why the file could not be used (a negative errno of sw_file_open), with the
 * question's own symbol as answer all the same. */
int sw_lines_find(const struct sw_symbolize_question *question, struct sw_symbolize_answer *answer);

#endif
