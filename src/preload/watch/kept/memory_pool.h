/*
 * Memory of the watchdog that lives as long as the process (signatures, watches), and memory of one
 * capture. Watchdog thread.
 */
#ifndef SW_WATCH_MEMORY_POOL_H
#define SW_WATCH_MEMORY_POOL_H

#include <stddef.h>

#include "common/arena.h"

#define SW_POOL_ASIDE 9

/* Zeroed, for good; NULL where there is no memory. */
void *sw_pool_alloc(size_t size);
/* A copy of a C string, for good; NULL for NULL. */
const char *sw_pool_string(const char *string);
/* The arena of the capture or report that is being put together; its user resets it. */
struct sw_arena *sw_pool_capture(void);
/* Keeps what has been put together for later: the arena of the capture, of which the next one gets
 * another; NULL, and nothing is changed, where SW_POOL_ASIDE are kept already. */
struct sw_arena *sw_pool_set_aside(void);
void sw_pool_give_back(struct sw_arena *arena);
/* In a forked child: the parent's memory is left where it is, and new begun. */
void sw_pool_start(void);

#endif
