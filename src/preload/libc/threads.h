/*
 * Threads of ours, which know nothing of the program's: all signals blocked, detached. Slow;
 * started on a thread of the program's, whose signal mask is as before when this returns.
 */
#ifndef SW_LIBC_THREADS_H
#define SW_LIBC_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts `run(NULL)` on a stack of `stack_size` bytes. 0, or an errno. */
int sw_threads_start(void *(*run)(void *), size_t stack_size);
/* The library in which glibc before 2.34 has its threads, as a handle, if something has loaded it;
 * NULL: nothing has, or there is no such library since libc has all of it. */
void *sw_threads_library(void);
/* Where libc keeps a thread's number in what its pthread_t leads to, in bytes; 0: not known. Any
 * thread. */
uint32_t sw_threads_number_offset(void);
/* Looks for that in the calling thread's, which is one that libc knows. */
void sw_threads_find_number(void);
/* How many threads the kernel counts in the process, the main one's remains among them, and that
 * one's state (proc(5)). False: there is no /proc. Any thread. */
bool sw_threads_count(unsigned *count, char *main_state);
/* Is the calling thread the one that libc takes it for? Not in a child of vfork(2). */
bool sw_threads_know_this(void);

#endif
