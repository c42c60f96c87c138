/*
 * A thread that only the kernel knows of: made by clone(2), unknown to libc.
 *
 * glibc goes shorter ways while a process has one thread: no atomic instruction where it locks or
 * counts, and no bookkeeping of cancellation around each system call that is a cancellation point,
 * which is a fifth of a wait that does not block. A second thread made by pthread_create(3) ends
 * that for good. A bare one does not, and pays for it: it must not call anything of libc that locks
 * or allocates (malloc, stdio, the loader), and libc's setuid(3) does not reach it (see
 * interpose/credentials.c).
 *
 * Only with glibc on x86-64, where it has been tried; elsewhere threads.h has to do.
 */
#ifndef SW_LIBC_BARE_THREAD_H
#define SW_LIBC_BARE_THREAD_H

#include <stdbool.h>
#include <stddef.h>

/* Is there one thread as far as libc knows? False elsewhere. Takes the loader's lock. */
bool sw_bare_thread_is_only(void);
/* Is there nothing (a sanitizer) that wants to know of all threads? False elsewhere. Takes the
 * loader's lock. Slow; a thread of the program's. */
bool sw_bare_thread_is_possible(void);
/* Calls `run` on a stack of `stack_size` bytes, with all signals blocked: the caller's own may be a
 * small one. False: memory is short, and it was not called. The thread that asked; errno is what
 * `run` leaves. */
bool sw_bare_thread_call(void (*run)(void), size_t stack_size);
/* Starts `run(NULL)` as such a thread, with all signals blocked; it does not return. `variable` is
 * where the caller has a thread-local variable of ours: there is room for that in the new thread.
 * 0, or an errno. Slow; a thread of the program's, whose errno is kept. */
int sw_bare_thread_start(void *(*run)(void *), size_t stack_size, void *variable);

#endif
