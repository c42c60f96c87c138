/* Where in the kernel a blocked thread stands. Watchdog thread. */
#ifndef SW_WATCH_KERNEL_FRAMES_H
#define SW_WATCH_KERNEL_FRAMES_H

#include <stddef.h>

/* Writes the names of the kernel's functions that the thread is in, innermost first, each ended by
 * a newline: all of them where the kernel shows its stacks to us (/proc/self/task/TID/stack, for
 * who has CAP_SYS_ADMIN), else the one of wchan (proc(5)); an empty string where it shows nothing,
 * or where the thread runs. The way into a system call, which all have in common, is left out. */
void sw_kernel_frames(int tid, char *names, size_t size);
/* The same from what such a file says; for tests. */
void sw_kernel_frames_of_stack(const char *stack, char *names, size_t size);

#endif
