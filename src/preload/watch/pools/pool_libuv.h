/*
 * libuv's pool of threads (node's for files, names, compression and cryptography; uvloop's for
 * names), four by default. Watchdog thread.
 */
#ifndef SW_WATCH_POOL_LIBUV_H
#define SW_WATCH_POOL_LIBUV_H

#include "preload/languages/pool.h"
#include "preload/stack/unwind.h"

/* Looks for libuv among the modules of a loop's stack that have not been judged yet; NULL: in the
 * program itself. */
void sw_pool_libuv_recognise(const struct sw_unwind_stack *stack);
/* Is there one at all? */
bool sw_pool_libuv_present(void);
/* Its pool, if it has one and work waits there; else false. */
bool sw_pool_libuv_look(struct sw_pool_view *view);
/* Are there threads that ran at each look so far, so that it is not known what they are? They are
 * to be looked at again, some times. */
bool sw_pool_libuv_undecided(void);
/* In a forked child: nothing is known of its threads. */
void sw_pool_libuv_start(void);

#endif
