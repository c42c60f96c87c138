/* See thread_ends.c. */
#ifndef SW_INTERPOSE_THREAD_ENDS_H
#define SW_INTERPOSE_THREAD_ENDS_H

/* There is a watchdog now that libc counts among the program's threads: where the main thread has
 * gone already, a thread is started that ends the process when the others have. Slow; on the thread
 * that started the watchdog. */
void sw_thread_ends_watched(void);

#endif
