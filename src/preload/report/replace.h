/*
 * A file that is replaced as a whole: who reads it sees the old one or the new one, never a part.
 * Watchdog thread.
 */
#ifndef SW_REPORT_REPLACE_H
#define SW_REPORT_REPLACE_H

#include <stddef.h>

/* Puts `bytes` in the place of what is at `path`, readable by all whatever the umask. 0, or a
 * negative errno, and the old file is left: EINVAL where `path` is there and no regular file, ELOOP
 * where it is a symbolic link. */
int sw_replace_file(const char *path, const char *bytes, size_t length);

#endif
