/*
 * Who the process is: users, groups and capabilities, which Linux keeps for each thread. libc's
 * setuid(3) and its kin change them in all threads that it knows (nptl(7)); of a watchdog that it
 * does not know, the thread that changed its own asks for the same, and goes on when that is done.
 * A process that has given up its privileges has no thread left with them.
 */
#ifndef SW_NOTES_CREDENTIALS_H
#define SW_NOTES_CREDENTIALS_H

#include <stdbool.h>

/* In a new process: nothing is asked for. The thread that starts the watchdog. */
void sw_credentials_start(void);
/* The calling thread has made this system call, of those that change users or groups, with success.
 * Returns when the watchdog has made it too, or after a second: then it will as soon as it can.
 * errno kept. */
void sw_credentials_changed(long number, long a, long b, long c);
/* The calling thread has kept these capabilities (capset(2)). Those that the watchdog has not got
 * any more cannot be its own: then it keeps none. Only if it is the main thread: another one may
 * mean itself alone. errno kept. */
void sw_credentials_capabilities_changed(const void *head, const void *data);
/* The same where libc has set groups that it found by itself: the thread's are asked for. */
void sw_credentials_groups_changed(void);
/* The calling thread is about to change the root that all threads share: returns when the watchdog,
 * which is there, has one of its own (unshare(2)). errno kept. */
void sw_credentials_keep_root(void);
/* Is there a call to be made? Who asks wakes the watchdog after that; one that looks here when it
 * has read `watchdog_wakes` sleeps through no request. Watchdog thread. */
bool sw_credentials_are_asked(void);
/* Makes the call that has been asked for, if any. False: it cannot be made; then this thread must
 * end. Watchdog thread. */
bool sw_credentials_follow(void);

#endif
