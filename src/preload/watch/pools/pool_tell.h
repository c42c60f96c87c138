/* What is told of a pool that is full: its workers' stacks, and the record. Watchdog thread. */
#ifndef SW_WATCH_POOL_TELL_H
#define SW_WATCH_POOL_TELL_H

#include "preload/languages/pool.h"
#include "preload/stall.h"
#include "preload/watch/kept/watch.h"

struct sw_pool_told {
    uint64_t id, next_ongoing_ns;
    struct sw_sample *samples; /* one for each thread; mapped with the first */
    unsigned count;
    unsigned next; /* worker to be asked for its stack */
    bool has_stack[SW_POOL_WORKERS];
    uint64_t switches[SW_POOL_WORKERS]; /* of each, when it was asked last */
};

/* A pool has become full: nothing is told yet. */
void sw_pool_tell_begin(struct sw_pool_told *told);
/* Reads the stacks of some more of its workers, if there are any whose stacks are not known. */
void sw_pool_tell_sample(struct sw_pool_told *told, const struct sw_pool_view *view);
/* Tells that it has been full for `age_ns`. EXITING: the program ends, and it still is. */
void sw_pool_tell(struct sw_pool_told *told, const struct sw_pool_view *view, uint64_t age_ns,
                  enum sw_stall_state state);

#endif
