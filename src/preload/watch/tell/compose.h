/* Puts the record of a stall together: times, calls, cause, stacks, signature. Watchdog thread. */
#ifndef SW_WATCH_COMPOSE_H
#define SW_WATCH_COMPOSE_H

#include "preload/watch/cause/figures.h"
#include "preload/watch/samples/stacks.h"

/* Strings and stacks are in the capture's arena, until it is reset. `stacks` is what the stall's
 * frames were made from, to be written anew with their lines. */
void sw_compose_stall(const struct sw_iteration_end *end, struct sw_stall *stall,
                      struct sw_stacks *stacks);
/* The frames once `stacks->talk` is over, with what came of it; memory from `arena`, the one that
 * was the capture's. */
void sw_compose_lines(struct sw_stall *stall, struct sw_stacks *stacks, struct sw_arena *arena);

#endif
