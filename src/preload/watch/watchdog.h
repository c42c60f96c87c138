/*
 * The watchdog thread: looks at the threads that have loops, sleeps while all of them are idle.
 */
#ifndef SW_WATCH_WATCHDOG_H
#define SW_WATCH_WATCHDOG_H

/* Starts it in this process, if it has none. Slow: on the thread that has the first candidate for a
 * loop; errno kept. */
void sw_watchdog_start(void);
/* The process is about to exit: what is due is written before this returns, within a bounded time.
 * Any thread; errno kept. */
void sw_watchdog_finish(void);
/* The process is about to change its root: the watchdog keeps the one that it has, and is made now
 * where there is none and the process has one thread. Any thread; changes errno. */
void sw_watchdog_keep_root(void);
/* The process goes on and is not to be watched: the same, and the watchdog's thread has ended when
 * this returns, within a bounded time; no thread notes anything. Any thread; errno kept. */
void sw_watchdog_leave(void);

#endif
