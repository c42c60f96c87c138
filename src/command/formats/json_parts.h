/* What the JSON of a report and the data of a page have in common, under the same names. */
#ifndef SW_COMMAND_JSON_PARTS_H
#define SW_COMMAND_JSON_PARTS_H

#include "command/merge.h"
#include "common/json.h"

/* In each the members are written into the object that is open. */
/* "signature", "count" … "min_ms" and "cause". */
void sw_json_part_counts(struct sw_json *json, const struct sw_signature *signature);
/* "cause_ms" and "time_ms": what the time of all its stalls went to. */
void sw_json_part_times(struct sw_json *json, const struct sw_signature *signature);
/* A call, or null; at most some 50 KiB. */
void sw_json_part_call(struct sw_json *json, const char *key, const struct sw_record_call *call);
/* "first", "last", "programs". */
void sw_json_part_span(struct sw_json *json, const struct sw_signature *signature);
/* "what", "tid", "name", "command" of a holder that there is. */
void sw_json_part_holder(struct sw_json *json, const struct sw_merged_holder *holder);
/* "stacks"; the "frames" of each are written by `write_frames(to, …)`. */
void sw_json_part_stacks(struct sw_json *json, const struct sw_signature *signature,
                         void (*write_frames)(void *to, const struct sw_record_frame *const *frames,
                                              unsigned count),
                         void *to);

#endif
