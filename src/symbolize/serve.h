/* The helper as the library starts it. */
#ifndef SW_SYMBOLIZE_SERVE_H
#define SW_SYMBOLIZE_SERVE_H

/* Answers questions until the program is gone, writes what was due, and returns the exit status.
 * `resumed` with the arguments of --resume: a new start in the same process (rescue.h). */
int sw_serve(int resumed, int count, char *const *arguments);

#endif
