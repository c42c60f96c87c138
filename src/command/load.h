/* Files of JSON lines into a merge, with a count of the lines that were none. */
#ifndef SW_COMMAND_LOAD_H
#define SW_COMMAND_LOAD_H

#include "command/merge.h"
#include "command/progress.h"

struct sw_load {
    struct sw_merge *merge;
    struct sw_progress progress; /* of all files together; all zero: none */
    uint64_t before;             /* bytes of the files that have been read already */
    uint64_t lines, files, skipped;
};

/* Sees to each record of a file instead of a merge; the record is the callee's. */
typedef void (*sw_load_taker)(void *context, struct sw_record *record);

/* Reads `path` ("-": standard input) from byte `from` on; says on standard error what was skipped.
 * 0, or negative errno where the file cannot be read. */
int sw_load_file(struct sw_load *load, const char *path, uint64_t from);
/* The same from a descriptor, with a taker; nothing is said. */
int sw_load_descriptor(int fd, sw_load_taker take, void *context, struct sw_load *load,
                       uint64_t skipped[SW_RECORD_PROBLEMS], uint64_t *first_skipped);
/* Adds every signature in `path` to the table of a baseline. 0 or negative errno: EBADMSG where the
 * file has lines, and none of them is a record. */
int sw_load_baseline(const char *path, struct sw_table *baseline);

#endif
