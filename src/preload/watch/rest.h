/*
 * Where the watchdog sleeps, and what ends its sleep: a time, or a loop that goes on.
 *
 * A watchdog that sleeps because every loop waits is woken by the first one whose wait returns: the
 * loop's thread finds `awaited` set beside what it writes then anyway, and makes one futex(2) call.
 * Waiting for the loops' own epoll descriptors would cost that thread nothing, and does not work:
 * poll(2) looks again when it is woken, and by then the loop has mostly taken the event (all that
 * are edge-triggered, at once), so that what follows the first event after a rest was not seen.
 */
#ifndef SW_WATCH_REST_H
#define SW_WATCH_REST_H

#include <stdbool.h>
#include <stdint.h>

/* Sleeps until `due` (ticks; UINT64_MAX: no date), taking the helper's answers as they come. With
 * `idle`, all loops wait, and the first that goes on ends it; `due` is then a time by which those
 * that wait with a timeout will have been back for a while. True: it slept until `due`. Watchdog
 * thread. */
bool sw_rest_until(uint64_t due, bool idle);
/* Until the next rest is over a wake is heard though not all loops wait: a thread has been asked to
 * say something. Watchdog thread. */
void sw_rest_listen(void);
/* Ends the rest of a watchdog that sleeps since all loops wait. Any thread; one system call at
 * most; errno kept. */
void sw_rest_wake(void);
/* Ends any rest: the process is on its way out. Any thread; one system call; errno kept. */
void sw_rest_end(void);

#endif
