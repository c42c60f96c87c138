/*
 * The printf and scanf families as far as they write to a stream or descriptor, or read from one.
 * What takes a list of arguments as it is called goes to the function that takes a va_list, as in
 * libc itself. Any thread; see wrap.h.
 *
 * The names are given to the assembler: <stdio.h> declares scanf under the name of the standard
 * that is being compiled for.
 */
#include <stdarg.h>
#include <stdio.h>

#include "preload/interpose/wrap.h"

typedef int stream_form(FILE *stream, const char *format, va_list list);
typedef int plain_form(const char *format, va_list list);
typedef int checked_stream_form(FILE *stream, int flag, const char *format, va_list list);
typedef int checked_plain_form(int flag, const char *format, va_list list);
typedef int descriptor_form(int fd, const char *format, va_list list);
typedef int checked_descriptor_form(int fd, int flag, const char *format, va_list list);

/* One real function, found once for the wrappers that end in it. */
#define REAL(form, name)                                                                           \
    static void *real_##name;                                                                      \
    static inline form *find_##name(void)                                                          \
    {                                                                                              \
        return (form *)(SW_LIKELY(real_##name != NULL) ? real_##name                               \
                                                       : sw_next_find(&real_##name, #name));       \
    }

REAL(stream_form, vfprintf)
REAL(plain_form, vprintf)
REAL(checked_stream_form, __vfprintf_chk)
REAL(checked_plain_form, __vprintf_chk)
REAL(descriptor_form, vdprintf)
REAL(checked_descriptor_form, __vdprintf_chk)
REAL(stream_form, vfscanf)
REAL(plain_form, vscanf)
REAL(stream_form, __isoc99_vfscanf)
REAL(plain_form, __isoc99_vscanf)

/* A pair of wrappers of one real function: with the list, and with `...`. The names that follow
 * `as` are what reports call them; `...` are the parameters before the list. */
#define PAIR(real, name, as, list_name, list_as, on, arguments, ...)                               \
    SW_EXPORT int wrapped_##list_name(__VA_ARGS__, va_list list) __asm__(#list_name);              \
    SW_EXPORT int wrapped_##list_name(__VA_ARGS__, va_list list)                                   \
    {                                                                                              \
        struct sw_call call;                                                                       \
        SW_CALL_BEGIN(call, SW_CALL_##list_as, on, 0, 0);                                          \
        int result = find_##real() arguments;                                                      \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }                                                                                              \
    SW_EXPORT int wrapped_##name(__VA_ARGS__, ...) __asm__(#name);                                 \
    SW_EXPORT int wrapped_##name(__VA_ARGS__, ...)                                                 \
    {                                                                                              \
        struct sw_call call;                                                                       \
        va_list list;                                                                              \
        va_start(list, format);                                                                    \
        SW_CALL_BEGIN(call, SW_CALL_##as, on, 0, 0);                                               \
        int result = find_##real() arguments;                                                      \
        SW_CALL_END(call);                                                                         \
        va_end(list);                                                                              \
        return result;                                                                             \
    }

PAIR(vfprintf, fprintf, fprintf, vfprintf, vfprintf, stream->_fileno, (stream, format, list),
     FILE *stream, const char *format)
PAIR(vprintf, printf, printf, vprintf, vprintf, stdout->_fileno, (format, list), const char *format)
PAIR(__vfprintf_chk, __fprintf_chk, fprintf, __vfprintf_chk, vfprintf, stream->_fileno,
     (stream, flag, format, list), FILE *stream, int flag, const char *format)
PAIR(__vprintf_chk, __printf_chk, printf, __vprintf_chk, vprintf, stdout->_fileno,
     (flag, format, list), int flag, const char *format)
PAIR(vdprintf, dprintf, dprintf, vdprintf, vdprintf, fd, (fd, format, list), int fd,
     const char *format)
PAIR(__vdprintf_chk, __dprintf_chk, dprintf, __vdprintf_chk, vdprintf, fd, (fd, flag, format, list),
     int fd, int flag, const char *format)

PAIR(vfscanf, fscanf, fscanf, vfscanf, vfscanf, stream->_fileno, (stream, format, list),
     FILE *stream, const char *format)
PAIR(vscanf, scanf, scanf, vscanf, vscanf, stdin->_fileno, (format, list), const char *format)
PAIR(__isoc99_vfscanf, __isoc99_fscanf, fscanf, __isoc99_vfscanf, vfscanf, stream->_fileno,
     (stream, format, list), FILE *stream, const char *format)
PAIR(__isoc99_vscanf, __isoc99_scanf, scanf, __isoc99_vscanf, vscanf, stdin->_fileno,
     (format, list), const char *format)

#if __GLIBC_PREREQ(2, 38)
REAL(stream_form, __isoc23_vfscanf)
REAL(plain_form, __isoc23_vscanf)
PAIR(__isoc23_vfscanf, __isoc23_fscanf, fscanf, __isoc23_vfscanf, vfscanf, stream->_fileno,
     (stream, format, list), FILE *stream, const char *format)
PAIR(__isoc23_vscanf, __isoc23_scanf, scanf, __isoc23_vscanf, vscanf, stdin->_fileno,
     (format, list), const char *format)
#endif
