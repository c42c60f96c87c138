/*
 * ThreadSanitizer in the program (gcc's and clang's -fsanitize=thread). It keeps books on
 * descriptors by their numbers, and knows nothing of a thread with a table of its own.
 */
#ifndef SW_LIBC_SANITIZER_H
#define SW_LIBC_SANITIZER_H

#include <stdbool.h>

/* Is it here? Takes the loader's lock. Any thread. */
bool sw_sanitizer_of_threads(void);

#endif
