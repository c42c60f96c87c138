/* The loops of a merge: what speedscope's profiles and the time line of a page are made of. */
#ifndef SW_COMMAND_MERGE_TRACKS_H
#define SW_COMMAND_MERGE_TRACKS_H

#include "command/merge.h"

/* The track that a stall is on, with the stall counted in it; NULL where nobody wants tracks. */
struct sw_track *sw_track_take(struct sw_merge *merge, const struct sw_record *record,
                               const char *program);
/* Adds to the time that a stack (NULL: none was kept) stands for on this track. */
void sw_track_add_part(struct sw_track *track, const struct sw_signature *signature,
                       const struct sw_merged_stack *stack, uint64_t weight_ns);
/* Keeps the stall if it is among the track's longest. */
void sw_track_add_point(struct sw_track *track, const struct sw_record *record,
                        const struct sw_signature *signature, bool counted);
/* What a summary says of its loops: each is a track, stalls or none. */
void sw_track_summary(struct sw_merge *merge, const struct sw_record *record, const char *program);
/* The tracks with the most time come first, their points by time. */
void sw_track_order(struct sw_merge *merge);

#endif
