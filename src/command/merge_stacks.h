/* The stacks of a merge: each different one once, with the time that it stands for. */
#ifndef SW_COMMAND_MERGE_STACKS_H
#define SW_COMMAND_MERGE_STACKS_H

#include "command/merge.h"

/* Takes in the stacks of a stall that has been counted; its time is shared among them by their
 * samples. */
void sw_merge_stacks(struct sw_merge *merge, struct sw_signature *signature,
                     const struct sw_record *record, const char *program);
/* The stacks that were seen most often come first. */
void sw_merge_order_stacks(struct sw_signature *signature);

#endif
