/*
 * Sanitizers in the program (gcc's and clang's -fsanitize). They keep books on threads; and that of
 * threads on descriptors by their numbers, not knowing of a thread with a table of its own.
 */
#ifndef SW_LIBC_SANITIZER_H
#define SW_LIBC_SANITIZER_H

#include <stdbool.h>

/* Is any of them here? Takes the loader's lock. Any thread. */
bool sw_sanitizer_is_there(void);
/* Is ThreadSanitizer? As above. */
bool sw_sanitizer_of_threads(void);

#endif
