/*
 * What a program says of its loops itself (include/stallwatch.h): waits that are none of libc's,
 * stretches that may block, labels.
 *
 * On the annotating thread, with its own record: a read of the clock and plain stores, but for the
 * first wait of a loop. A pair of calls that is not balanced does no harm: see each.
 */
#ifndef SW_NOTES_ANNOTATE_H
#define SW_NOTES_ANNOTATE_H

#include "preload/notes/thread.h"

/* `thread` enters the wait of the loop with this key, its registers noted. A wait of another key
 * that was never ended is given up; one of the same goes on. */
void sw_annotate_wait_begin(struct sw_thread *thread, uint64_t key);
/* ... and leaves it, if that is the one it is in. */
void sw_annotate_wait_end(struct sw_thread *thread, uint64_t key);

/* From here on nothing is a stall, up to as many ends. `why`: NULL, or a string. */
void sw_annotate_allow_begin(struct sw_thread *thread, const char *why);
/* Without a begin: nothing. */
void sw_annotate_allow_end(struct sw_thread *thread);

/* `text`: NULL, or a string. */
void sw_annotate_label(struct sw_thread *thread, const char *text);
/* Copies the label that was in force longest in the iteration in progress, up to `now` (ticks);
 * empty: there was none. The thread itself, or the watchdog, which may be told that it is being
 * changed: false. */
bool sw_annotate_label_at(const struct sw_thread *thread, uint64_t now, char to[SW_LABEL_TEXT]);

#endif
