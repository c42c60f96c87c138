/*
 * What part of a thread's stack its handler may copy: that which has been seen to be readable, by a
 * read that cannot fault. The handler's own cannot be such, and not all of a mapping need be
 * readable: stacks may lie in it one behind the other, with guards in between that do not show
 * (sw_memory_pages). Called by snapshot.c; watchdog thread.
 */
#ifndef SW_WATCH_STACK_BOUNDS_H
#define SW_WATCH_STACK_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

struct sw_stack_bounds {
    uint64_t low, high; /* readable from low up to high */
    uint64_t end;       /* of the mapping: the stack may go on up to there */
    bool grows;         /* the main thread's stack: low moves down */
};

/* The bounds of the stack in which `sp` lies. 0, or -EFAULT where it lies in nothing. */
int sw_stack_bounds_at(uint64_t sp, struct sw_stack_bounds *bounds);
/* No stack: whoever is asked says only where its stack pointer is. */
void sw_stack_bounds_forget(struct sw_stack_bounds *bounds);

#endif
