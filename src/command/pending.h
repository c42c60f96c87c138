/*
 * Stalls that have been reported as ongoing, until their last word: the final record of the same id
 * replaces what was said before, and so nothing is counted twice. A loop has one iteration at a
 * time, so a stall with another id on the same loop, or the end of the process, says that no more
 * comes; at most one record a loop is kept.
 */
#ifndef SW_COMMAND_PENDING_H
#define SW_COMMAND_PENDING_H

#include "command/record.h"
#include "command/strings.h"

typedef void (*sw_pending_commit)(void *context, const struct sw_record *record);

/* Keeps `record` (a stall) if it is ongoing, else commits it; what it replaces is released, what it
 * ends is committed. */
void sw_pending_stall(struct sw_table *pending, struct sw_record *record, sw_pending_commit commit,
                      void *context);
/* The process of `record` has begun or ended: commits what it left. */
void sw_pending_process(struct sw_table *pending, const struct sw_record *record,
                        sw_pending_commit commit, void *context);
/* Commits all that is left. */
void sw_pending_finish(struct sw_table *pending, sw_pending_commit commit, void *context);

#endif
