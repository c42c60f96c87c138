/*
 * Busy times of a loop's iterations, counted in cells of about 6% width: 16 to each power of two, in ticks. Adding is one
 * increment on the loop thread; the watchdog reads the cells as they are (each is a 32-bit word; a count or two may be missed).
 */
#ifndef SW_NOTES_LOOP_HISTOGRAM_H
#define SW_NOTES_LOOP_HISTOGRAM_H

#include <stdint.h>

#include "preload/notes/thread.h"

static inline unsigned sw_histogram_cell(uint64_t ticks)
{
    if (ticks < 16)
        return (unsigned)ticks;
    unsigned power = 63u - (unsigned)__builtin_clzll(ticks);
    unsigned cell = (power - 3) * 16 + (unsigned)((ticks >> (power - 4)) & 15);
    return cell < SW_HISTOGRAM_CELLS ? cell : SW_HISTOGRAM_CELLS - 1;
}

/* The middle of a cell, in ticks. */
static inline uint64_t sw_histogram_middle(unsigned cell)
{
    if (cell < 16)
        return cell;
    unsigned power = cell / 16 + 3;
    uint64_t low = (UINT64_C(16) + cell % 16) << (power - 4);
    return low + (UINT64_C(1) << (power - 4)) / 2;
}

#endif
