/*
 * The watchdog thread: looks at the threads that have loops, sleeps while all of them are idle.
 */
#ifndef SW_WATCH_WATCHDOG_H
#define SW_WATCH_WATCHDOG_H

#define SW_WATCHDOG_STACK_SIZE (512 * 1024)

/* Starts it in this process, if it has none. Slow: on the thread that has the first candidate for a
 * loop; errno kept. */
void sw_watchdog_start(void);

#endif
