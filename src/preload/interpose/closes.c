/*
 * What closes descriptors: a loop is over when its descriptor is. Not noted as calls. Any thread;
 * one load where the descriptor was never a loop's.
 *
 * Descriptor 2 is looked at too: a helper that holds a copy of standard error lets go of it when
 * the program does.
 */
#include <stdio.h>
#include <unistd.h>

#include "preload/interpose/next.h"
#include "preload/notes/loop.h"

SW_NEXT_DEFINE(close);
SW_NEXT_DEFINE(fclose);
SW_NEXT_DEFINE(dup2);
SW_NEXT_DEFINE(dup3);

/* In glibc from 2.34 on; looked up by name. */
int close_range(unsigned int first, unsigned int last, int flags);
void closefrom(int first);
SW_NEXT_DEFINE(close_range);
SW_NEXT_DEFINE(closefrom);

static void note_closed(int fd)
{
    if (SW_UNLIKELY(fd < 0))
        return;
    SW_CLOSES_COUNT(fd)++;
    if (SW_UNLIKELY(SW_CLOSES_MATTER(fd)))
        sw_loop_descriptor_closed(fd);
}

static void note_range_closed(unsigned int first, unsigned int last)
{
    for (unsigned int fd = first; fd <= last && fd < SW_CLOSES_DESCRIPTORS; fd++)
        note_closed((int)fd);
}

SW_EXPORT int close(int fd)
{
    note_closed(fd);
    return SW_NEXT(close)(fd);
}

/* libc closes a stream's descriptor without passing close. */
SW_EXPORT int fclose(FILE *stream)
{
    note_closed(fileno(stream));
    return SW_NEXT(fclose)(stream);
}

SW_EXPORT int dup2(int from, int to)
{
    if (from != to)
        note_closed(to);
    return SW_NEXT(dup2)(from, to);
}

SW_EXPORT int dup3(int from, int to, int flags)
{
    note_closed(to);
    return SW_NEXT(dup3)(from, to, flags);
}

SW_EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
    if (flags == 0)
        note_range_closed(first, last);
    return SW_NEXT(close_range)(first, last, flags);
}

SW_EXPORT void closefrom(int first)
{
    note_range_closed(first < 0 ? 0 : (unsigned int)first, ~0u);
    SW_NEXT(closefrom)(first);
}
