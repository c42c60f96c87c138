/*
 * The watchdog's descriptors are not the program's.
 *
 * Where it can, the watchdog thread has a descriptor table of its own (close_range(2),
 * CLOSE_RANGE_UNSHARE): what it opens never takes a number that the program would have got, is
 * never closed by a program that closes everything, and is not inherited by its children. What it
 * needs of the program's it borrows for a moment with pidfd_getfd(2). Where that is forbidden (a
 * seccomp filter, Linux before 5.9) the table stays shared, and what is kept open is moved above
 * the usual range. Watchdog thread.
 */
#ifndef SW_REPORT_DESCRIPTORS_H
#define SW_REPORT_DESCRIPTORS_H

#include <stdbool.h>

/* Once, at the start of the watchdog thread. `may_unshare` false: the table stays shared. */
void sw_descriptors_start(bool may_unshare);
/* Is the table the watchdog's own? */
bool sw_descriptors_private(void);
/* A descriptor that means what `fd` means to the program now; negative errno if that is not to be
 * had. Ended with _return. */
int sw_descriptors_borrow(int fd);
void sw_descriptors_return(int borrowed);
/* Moves a descriptor that is to be kept out of the program's way; returns its new number (the old
 * one where it cannot be moved). */
int sw_descriptors_keep(int fd);

/*
 * Around a library's start that leaves a pipe open which nobody needs: libunwind's local mode,
 * never used here, opens one as the library is set up, and in a shared table it would sit at a
 * number that the program counts on. The two lowest free numbers are noted before; if they are one
 * pipe's ends afterwards, they are closed. `numbered`: somebody keeps books on all descriptors by
 * their numbers alone (ThreadSanitizer, which takes one of the same number in another table for a
 * race with the program's); then the pipe gets numbers above the usual range.
 */
void sw_descriptors_pipe_begin(int ends[2], bool numbered);
void sw_descriptors_pipe_end(const int ends[2]);

#endif
