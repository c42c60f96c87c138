/* Stalls by signature, over the life of the process. Watchdog thread. */
#ifndef SW_WATCH_GROUPS_H
#define SW_WATCH_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/stall.h"

/* In a new process: none. */
void sw_groups_start(void);
/* Which occurrence of its signature this stall is, from 1 on: to be asked once for each stall. */
uint64_t sw_groups_occurrence(uint64_t signature);
/* Which one it would be; nothing is counted. */
uint64_t sw_groups_next_occurrence(uint64_t signature);
/* Has it been reported in full before? Says yes from the second time on. */
bool sw_groups_reported(uint64_t signature);
/* Was it annotated before as what it is now (one that counts once told is told)? Notes that it is.
 */
bool sw_groups_annotated(uint64_t signature, bool counted);
/* Adds an ended stall to its group; `top` may be NULL. */
void sw_groups_add(const struct sw_stall *stall, const char *top);
/* The `most` groups with the longest total, worst first; those that have ended at least once.
 * Returns how many. */
unsigned sw_groups_worst(struct sw_stall_group *groups, unsigned most);

#endif
