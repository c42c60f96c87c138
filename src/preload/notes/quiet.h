/*
 * The watchdog lets go of libunwind and of the loader before the program forks: a child that
 * inherits their locks held would hang in its own watchdog. Both sides wait for a bounded time
 * only.
 */
#ifndef SW_NOTES_QUIET_H
#define SW_NOTES_QUIET_H

/* Around everything that takes a lock outside of ours. Watchdog thread. */
void sw_quiet_begin(void);
void sw_quiet_end(void);
/* Around fork(2), on the thread that forks; errno kept. After it the child's words are wiped, the
 * parent's let the watchdog go on. */
void sw_quiet_fork_begin(void);
void sw_quiet_fork_end(void);

#endif
