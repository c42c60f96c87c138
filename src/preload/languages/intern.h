/*
 * Names of functions and files that samples point to: each kept once, for the life of the process,
 * since the program may free its own at any moment. Bounded. Watchdog thread only.
 */
#ifndef SW_LANGUAGES_INTERN_H
#define SW_LANGUAGES_INTERN_H

#include <stddef.h>

/* The one copy of these bytes; NULL for none, and where there is no room for more. */
const char *sw_intern(const char *bytes, size_t length);

#endif
