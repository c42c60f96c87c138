/*
 * What an error of a file is called in a line of ours: in English, whatever the program's locale
 * is, and without libc, which has no such function before glibc 2.32. Pure.
 */
#ifndef SW_COMMON_ERROR_TEXT_H
#define SW_COMMON_ERROR_TEXT_H

/* strerror(3)'s text of `error`; "unknown error" of one that opening, reading or writing a file
 * does not give. */
const char *sw_error_text(int error);

#endif
