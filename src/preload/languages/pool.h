/*
 * A pool of threads as one look finds it: whom it has, what each works on, and whether work waits.
 * Data only; filled in by python_pools.c and watch/pools/pool_libuv.c, judged by
 * watch/pools/pools.c.
 */
#ifndef SW_LANGUAGES_POOL_H
#define SW_LANGUAGES_POOL_H

#include <stdint.h>

#define SW_POOL_WORKERS 128
#define SW_POOL_NAME    64

struct sw_pool_worker {
    int tid;
    uint64_t item; /* what it works on, to be told apart from what it works on next; 0: nothing */
};

struct sw_pool_view {
    uint64_t key; /* tells it from other pools */
    char name[SW_POOL_NAME];
    const char *hint; /* what makes it larger */
    uint64_t waiting; /* the first piece of work that waits; 0: none */
    unsigned threads; /* that it has, as far as it knows itself; 0: as many as were found */
    unsigned count;   /* of `worker` */
    struct sw_pool_worker worker[SW_POOL_WORKERS];
};

#endif
