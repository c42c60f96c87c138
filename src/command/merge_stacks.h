/* The stacks of a merge: each different one once, with the time that it stands for. */
#ifndef SW_COMMAND_MERGE_STACKS_H
#define SW_COMMAND_MERGE_STACKS_H

#include "command/merge.h"

/* Takes in the stacks of a stall that has been counted; its time is shared among them by their
 * samples. `track`: the loop whose parts are kept, or NULL. */
void sw_merge_stacks(struct sw_merge *merge, struct sw_signature *signature,
                     const struct sw_record *record, struct sw_track *track);
/* The merge's one copy of a frame. */
const struct sw_record_frame *sw_merge_frame(struct sw_merge *merge,
                                             const struct sw_record_frame *frame);
/* The stacks that were seen most often come first. */
void sw_merge_order_stacks(struct sw_signature *signature);

#endif
