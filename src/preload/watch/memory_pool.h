/*
 * Memory of the watchdog that lives as long as the process (signatures, watches), and memory of one
 * capture. Watchdog thread.
 */
#ifndef SW_WATCH_MEMORY_POOL_H
#define SW_WATCH_MEMORY_POOL_H

#include <stddef.h>

#include "common/arena.h"

/* Zeroed, for good; NULL where there is no memory. */
void *sw_pool_alloc(size_t size);
/* A copy of a C string, for good; NULL for NULL. */
const char *sw_pool_string(const char *string);
/* The arena of the capture or report that is being put together; its user resets it. */
struct sw_arena *sw_pool_capture(void);
/* In a forked child: the parent's memory is left where it is, and new begun. */
void sw_pool_start(void);

#endif
