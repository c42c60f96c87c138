/*
 * The process that a thread waits for without having named it: its only child, or who has the other
 * end of a pipe or a socket. Read from /proc, which takes its time: for the watchdog thread, once a
 * call.
 */
#ifndef SW_WATCH_OTHER_END_H
#define SW_WATCH_OTHER_END_H

#include <stdint.h>

/* The process's only child; 0: it has none, or several, or the kernel does not tell. */
int sw_other_end_only_child(void);
/* The youngest child of our thread `tid`, if it is no older than `most_ns` and the set of `epoll`
 * has only what one waits for a child with (pipes, UNIX sockets, what wakes a loop from within); 0:
 * there is none. */
int sw_other_end_young_child(int tid, int epoll, uint64_t most_ns);
/* The one other process that has the other end of `fd`: of a pipe, of a connected UNIX socket, of a
 * TCP connection on this machine. 0: nobody, several, or not to be known (other users' processes
 * show no descriptors). Bounded in time. */
int sw_other_end_of(int fd);

#endif
