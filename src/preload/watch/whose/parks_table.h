/*
 * The table of functions in which schedulers park their threads: share/parks.conf, which the
 * library carries in it, and files of the user's (STALLWATCH_PARKS). The rules are told there.
 * Watchdog thread.
 */
#ifndef SW_WATCH_PARKS_TABLE_H
#define SW_WATCH_PARKS_TABLE_H

#include <stdbool.h>

#include "common/text.h"

enum sw_park_rule {
    SW_PARK_IN,      /* whatever waits inside of the function */
    SW_PARK_BY,      /* what the function waits for itself */
    SW_PARK_THROUGH, /* the function waits for whoever called it, as libc's do */
    SW_PARK_NEVER,   /* what waits inside of the function is no event loop */
    SW_PARK_BESIDE   /* nor is what waits in a process that has a thread of this name */
};

/* Reads the tables; once a process, when the first loop is watched. Says what is wrong with the
 * user's. */
void sw_parks_table_start(void);
/* Is there such a rule for a function of this linked name, or a thread of this name (NULL: no)? */
bool sw_parks_table_has(enum sw_park_rule rule, const char *linked);

/* Takes over the rules of `bytes` (`length` and a NUL; they have to stay). Each bad line is a line
 * of `problems`, named by `path` and number. Returns 0. */
int sw_parks_table_add(const char *path, char *bytes, size_t length, struct sw_text *problems);

#endif
