/*
 * Busy times of a loop's iterations, counted in cells. Adding is a shift and an increment on the
 * loop thread for short ones, up to 512 × 1024 ticks (150 µs or so), which all iterations of a
 * quick loop are; beyond, cells are of about 6% width: 16 to each power of two. The watchdog reads
 * the cells as they are (each is a 32-bit word; a count or two may be missed).
 */
#ifndef SW_NOTES_LOOP_HISTOGRAM_H
#define SW_NOTES_LOOP_HISTOGRAM_H

#include <stdint.h>

#include "preload/notes/thread.h"

#define SW_HISTOGRAM_LINEAR      512
#define SW_HISTOGRAM_SHIFT       10
#define SW_HISTOGRAM_FIRST_POWER 19 /* 512 × 1024 ticks */

/* The cell of a time beyond the linear part. */
static inline unsigned sw_histogram_far_cell(uint64_t ticks)
{
    unsigned power = 63u - (unsigned)__builtin_clzll(ticks);
    unsigned cell = SW_HISTOGRAM_LINEAR + (power - SW_HISTOGRAM_FIRST_POWER) * 16 +
                    (unsigned)((ticks >> (power - 4)) & 15);
    return cell < SW_HISTOGRAM_CELLS ? cell : SW_HISTOGRAM_CELLS - 1;
}

SW_INLINE unsigned sw_histogram_cell(uint64_t ticks)
{
    uint64_t cell = ticks >> SW_HISTOGRAM_SHIFT;
    return SW_LIKELY(cell < SW_HISTOGRAM_LINEAR) ? (unsigned)cell : sw_histogram_far_cell(ticks);
}

/* The middle of a cell, in ticks. */
static inline uint64_t sw_histogram_middle(unsigned cell)
{
    if (cell < SW_HISTOGRAM_LINEAR)
        return ((uint64_t)cell << SW_HISTOGRAM_SHIFT) + (1u << SW_HISTOGRAM_SHIFT) / 2;
    unsigned power = (cell - SW_HISTOGRAM_LINEAR) / 16 + SW_HISTOGRAM_FIRST_POWER;
    uint64_t low = (UINT64_C(16) + (cell - SW_HISTOGRAM_LINEAR) % 16) << (power - 4);
    return low + (UINT64_C(1) << (power - 4)) / 2;
}

#endif
