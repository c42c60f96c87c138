/*
 * What the watchdog keeps of each thread: one struct sw_watch for each record of the registry, made
 * when it is first asked for and begun anew when the record has become another thread's. Watchdog
 * thread.
 */
#ifndef SW_WATCH_WATCHES_H
#define SW_WATCH_WATCHES_H

#include "preload/watch/kept/watch.h"

/* Records beyond are not watched. */
#define SW_MOST_WATCHES 16384

/* Of record `index` of the registry, which is `thread`; NULL: memory is short. */
struct sw_watch *sw_watches_of(unsigned index, const struct sw_thread *thread);
/* The same, but NULL also where nothing is kept of this thread yet. */
struct sw_watch *sw_watches_known(unsigned index, const struct sw_thread *thread);
void sw_watches_start(void);

#endif
