/* For "did you mean": how alike two names are. */
#ifndef SW_COMMON_NEAREST_H
#define SW_COMMON_NEAREST_H

#include <stddef.h>

/* How many letters have to be put in, taken out, changed or swapped with their neighbour to make
 * one of the other (Damerau and Levenshtein's distance, each letter touched once). Case is no
 * difference; what is beyond some 40 bytes is not looked at. */
unsigned sw_nearest_distance(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
