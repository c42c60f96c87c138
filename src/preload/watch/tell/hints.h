/* One line of advice for stalls whose cause is a well-known one, by libc's calls alone (of those of
 * a language see hints_table.h). Pure; unit-tested. */
#ifndef SW_WATCH_HINTS_H
#define SW_WATCH_HINTS_H

#include "preload/stall.h"

/* The advice for a stall whose cause and calls are known; NULL: none. A constant string. */
const char *sw_hint_of(const struct sw_stall *stall);

#endif
