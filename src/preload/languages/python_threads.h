/*
 * Which PyThreadState is a thread's. Nothing is asked of the interpreter: one of the words that the
 * thread has in its registers or on its stack points to it, and it names its thread. Watchdog
 * thread; the thread stands still.
 */
#ifndef SW_LANGUAGES_PYTHON_THREADS_H
#define SW_LANGUAGES_PYTHON_THREADS_H

#include "preload/languages/python_layout.h"
#include "preload/stack/unwind.h"

/* The address of the thread state of thread `tid`, or 0. */
uint64_t sw_python_thread_state(const struct sw_python *python, int tid,
                                const struct sw_unwind_input *input);
/* The thread state that has the lock while thread `tid` waits for it; 0: not known. */
uint64_t sw_python_lock_holder(const struct sw_python *python, int tid);
/* Of which thread is this one? 0: it is none. */
int sw_python_thread_of(const struct sw_python *python, uint64_t state);
/* Calls `take` for each thread of the interpreter of a thread that is known already. */
void sw_python_each_thread(const struct sw_python *python,
                           void (*take)(void *context, int tid, uint64_t state), void *context);

#endif
