/*
 * What the command says on standard error: one line each, "stallwatch: " or "stallwatch COMMAND: "
 * before it, with names from files and arguments escaped by the caller's use of %s arguments only:
 * every argument is a string and comes out as sw_text_escaped has it.
 */
#ifndef SW_COMMAND_COMPLAIN_H
#define SW_COMMAND_COMPLAIN_H

#include <stddef.h>

#define SW_EXIT_FAILURE 1 /* something could not be done */
#define SW_EXIT_USAGE   2 /* an option or a file that cannot be used */

/* The subcommand whose name stands before each line from now on; NULL: none. */
void sw_complain_as(const char *subcommand);
/* Writes `format` with each %s replaced by the next argument, escaped and cut at 300 bytes, and a
 * newline. No other code than %s. */
void sw_complain(const char *format, ...);
/* The same, and returns SW_EXIT_USAGE. */
int sw_complain_usage(const char *format, ...);
/* For a line that was escaped when it was made. */
void sw_complain_line(const char *line, size_t length);
/* Writes what standard output still has to write: 0, or the exit code, said. */
int sw_flush_output(void);
/* Ends the command, as no memory was to be had for `what`. */
void *sw_need_memory(void *memory);

#endif
