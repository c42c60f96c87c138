/* The printf and scanf families as far as they write to a stream or descriptor, or read from one.
 * Any thread; see stdio_pair.h. */
#include <stdio.h>

#include "preload/interpose/stdio_pair.h"

typedef int stream_form(FILE *stream, const char *format, va_list list);
typedef int plain_form(const char *format, va_list list);
typedef int checked_stream_form(FILE *stream, int flag, const char *format, va_list list);
typedef int checked_plain_form(int flag, const char *format, va_list list);
typedef int descriptor_form(int fd, const char *format, va_list list);
typedef int checked_descriptor_form(int fd, int flag, const char *format, va_list list);

SW_STDIO_REAL(stream_form, vfprintf)
SW_STDIO_REAL(plain_form, vprintf)
SW_STDIO_REAL(checked_stream_form, __vfprintf_chk)
SW_STDIO_REAL(checked_plain_form, __vprintf_chk)
SW_STDIO_REAL(descriptor_form, vdprintf)
SW_STDIO_REAL(checked_descriptor_form, __vdprintf_chk)
SW_STDIO_REAL(stream_form, vfscanf)
SW_STDIO_REAL(plain_form, vscanf)
SW_STDIO_REAL(stream_form, __isoc99_vfscanf)
SW_STDIO_REAL(plain_form, __isoc99_vscanf)

SW_STDIO_PAIR(vfprintf, fprintf, fprintf, vfprintf, vfprintf, stream->_fileno,
              (stream, format, list), FILE *stream, const char *format)
SW_STDIO_PAIR(vprintf, printf, printf, vprintf, vprintf, stdout->_fileno, (format, list),
              const char *format)
SW_STDIO_PAIR(__vfprintf_chk, __fprintf_chk, fprintf, __vfprintf_chk, vfprintf, stream->_fileno,
              (stream, flag, format, list), FILE *stream, int flag, const char *format)
SW_STDIO_PAIR(__vprintf_chk, __printf_chk, printf, __vprintf_chk, vprintf, stdout->_fileno,
              (flag, format, list), int flag, const char *format)
SW_STDIO_PAIR(vdprintf, dprintf, dprintf, vdprintf, vdprintf, fd, (fd, format, list), int fd,
              const char *format)
SW_STDIO_PAIR(__vdprintf_chk, __dprintf_chk, dprintf, __vdprintf_chk, vdprintf, fd,
              (fd, flag, format, list), int fd, int flag, const char *format)

SW_STDIO_PAIR(vfscanf, fscanf, fscanf, vfscanf, vfscanf, stream->_fileno, (stream, format, list),
              FILE *stream, const char *format)
SW_STDIO_PAIR(vscanf, scanf, scanf, vscanf, vscanf, stdin->_fileno, (format, list),
              const char *format)
SW_STDIO_PAIR(__isoc99_vfscanf, __isoc99_fscanf, fscanf, __isoc99_vfscanf, vfscanf, stream->_fileno,
              (stream, format, list), FILE *stream, const char *format)
SW_STDIO_PAIR(__isoc99_vscanf, __isoc99_scanf, scanf, __isoc99_vscanf, vscanf, stdin->_fileno,
              (format, list), const char *format)

/* What glibc 2.38 and newer have: the library may have been built with an older one. */
SW_STDIO_REAL(stream_form, __isoc23_vfscanf)
SW_STDIO_REAL(plain_form, __isoc23_vscanf)
SW_STDIO_PAIR(__isoc23_vfscanf, __isoc23_fscanf, fscanf, __isoc23_vfscanf, vfscanf, stream->_fileno,
              (stream, format, list), FILE *stream, const char *format)
SW_STDIO_PAIR(__isoc23_vscanf, __isoc23_scanf, scanf, __isoc23_vscanf, vscanf, stdin->_fileno,
              (format, list), const char *format)
