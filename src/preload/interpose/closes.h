/*
 * Says that a descriptor is about to be closed, before the call that does it. Included by the
 * wrappers of such calls, whichever way they are made. Any thread; costs a load and a store where
 * the descriptor is nobody's loop.
 */
#ifndef SW_INTERPOSE_CLOSES_H
#define SW_INTERPOSE_CLOSES_H

#include "preload/notes/closes.h"
#include "preload/notes/loop.h"
#include "preload/notes/thread.h"

static inline void sw_closes_note(int fd)
{
    if (SW_UNLIKELY(fd < 0))
        return;
    SW_CLOSES_COUNT(fd)++;
    if (SW_UNLIKELY(SW_CLOSES_MATTER(fd)))
        sw_loop_descriptor_closed(fd);
}

/* All from `first` to `last`, as close_range(2) has them. */
static inline void sw_closes_note_range(unsigned int first, unsigned int last)
{
    for (unsigned int fd = first; fd <= last && fd < SW_CLOSES_DESCRIPTORS; fd++)
        sw_closes_note((int)fd);
}

#endif
