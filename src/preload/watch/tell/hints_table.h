/*
 * The table of advice for languages: share/hints.conf, which the library carries in it, and files
 * of the user's (STALLWATCH_HINTS), whose rules come first. The rules are told there. Watchdog
 * thread.
 */
#ifndef SW_WATCH_HINTS_TABLE_H
#define SW_WATCH_HINTS_TABLE_H

#include "common/text.h"
#include "preload/stall.h"

/* Reads the tables; once a process, before the first stall. Says what is wrong with the user's. */
void sw_hints_table_start(void);
/* The advice of the first rule that fits; NULL: none. */
const char *sw_hints_table_find(const struct sw_stall *stall);

/* Takes over the rules of `bytes` (`length` and a NUL; they have to stay). Each bad line is a line
 * of `problems`, named by `path` and number. Returns 0. */
int sw_hints_table_add(const char *path, char *bytes, size_t length, struct sw_text *problems);
/* Forgets all rules. */
void sw_hints_table_clear(void);

#endif
