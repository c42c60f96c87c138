/* Streams of wide characters. Any thread; see wrap.h and stdio_pair.h. Single ones are noted like
 * the rest: whether one finds its buffer empty is in a part of FILE that nobody sees. */
#include <stdio.h>
#include <wchar.h>

#include "preload/interpose/stdio_pair.h"

typedef int stream_form(FILE *stream, const wchar_t *format, va_list list);
typedef int plain_form(const wchar_t *format, va_list list);
typedef int checked_stream_form(FILE *stream, int flag, const wchar_t *format, va_list list);
typedef int checked_plain_form(int flag, const wchar_t *format, va_list list);

SW_STDIO_REAL(stream_form, vfwprintf)
SW_STDIO_REAL(plain_form, vwprintf)
SW_STDIO_REAL(checked_stream_form, __vfwprintf_chk)
SW_STDIO_REAL(checked_plain_form, __vwprintf_chk)
SW_STDIO_REAL(stream_form, vfwscanf)
SW_STDIO_REAL(plain_form, vwscanf)
SW_STDIO_REAL(stream_form, __isoc99_vfwscanf)
SW_STDIO_REAL(plain_form, __isoc99_vwscanf)

SW_STDIO_PAIR(vfwprintf, fwprintf, fwprintf, vfwprintf, vfwprintf, stream->_fileno,
              (stream, format, list), FILE *stream, const wchar_t *format)
SW_STDIO_PAIR(vwprintf, wprintf, wprintf, vwprintf, vwprintf, stdout->_fileno, (format, list),
              const wchar_t *format)
SW_STDIO_PAIR(__vfwprintf_chk, __fwprintf_chk, fwprintf, __vfwprintf_chk, vfwprintf,
              stream->_fileno, (stream, flag, format, list), FILE *stream, int flag,
              const wchar_t *format)
SW_STDIO_PAIR(__vwprintf_chk, __wprintf_chk, wprintf, __vwprintf_chk, vwprintf, stdout->_fileno,
              (flag, format, list), int flag, const wchar_t *format)
SW_STDIO_PAIR(vfwscanf, fwscanf, fwscanf, vfwscanf, vfwscanf, stream->_fileno,
              (stream, format, list), FILE *stream, const wchar_t *format)
SW_STDIO_PAIR(vwscanf, wscanf, wscanf, vwscanf, vwscanf, stdin->_fileno, (format, list),
              const wchar_t *format)
SW_STDIO_PAIR(__isoc99_vfwscanf, __isoc99_fwscanf, fwscanf, __isoc99_vfwscanf, vfwscanf,
              stream->_fileno, (stream, format, list), FILE *stream, const wchar_t *format)
SW_STDIO_PAIR(__isoc99_vwscanf, __isoc99_wscanf, wscanf, __isoc99_vwscanf, vwscanf, stdin->_fileno,
              (format, list), const wchar_t *format)

/* What glibc 2.38 and newer have: the library may have been built with an older one. */
SW_STDIO_REAL(stream_form, __isoc23_vfwscanf)
SW_STDIO_REAL(plain_form, __isoc23_vwscanf)
SW_STDIO_PAIR(__isoc23_vfwscanf, __isoc23_fwscanf, fwscanf, __isoc23_vfwscanf, vfwscanf,
              stream->_fileno, (stream, format, list), FILE *stream, const wchar_t *format)
SW_STDIO_PAIR(__isoc23_vwscanf, __isoc23_wscanf, wscanf, __isoc23_vwscanf, vwscanf, stdin->_fileno,
              (format, list), const wchar_t *format)

/* Exported by libc, not declared for users. */
wchar_t *__fgetws_chk(wchar_t *to, size_t room, int size, FILE *stream);
wchar_t *__fgetws_unlocked_chk(wchar_t *to, size_t room, int size, FILE *stream);

#define ON(stream) (stream)->_fileno, 0, 0

SW_WRAP(wchar_t *, fgetws, fgetws, (wchar_t * to, int size, FILE *stream), (to, size, stream),
        ON(stream))
SW_WRAP(wchar_t *, __fgetws_chk, fgetws, (wchar_t * to, size_t room, int size, FILE *stream),
        (to, room, size, stream), ON(stream))
SW_WRAP(wchar_t *, fgetws_unlocked, fgetws, (wchar_t * to, int size, FILE *stream),
        (to, size, stream), ON(stream))
SW_WRAP(wchar_t *, __fgetws_unlocked_chk, fgetws,
        (wchar_t * to, size_t room, int size, FILE *stream), (to, room, size, stream), ON(stream))
SW_WRAP(int, fputws, fputws, (const wchar_t *text, FILE *stream), (text, stream), ON(stream))
SW_WRAP(int, fputws_unlocked, fputws, (const wchar_t *text, FILE *stream), (text, stream),
        ON(stream))

#define WRAP_READS(name, as) SW_WRAP(wint_t, name, as, (FILE * stream), (stream), ON(stream))
#define WRAP_WRITES(name, as)                                                                      \
    SW_WRAP(wint_t, name, as, (wchar_t character, FILE * stream), (character, stream), ON(stream))

WRAP_READS(fgetwc, fgetwc)
WRAP_READS(getwc, getwc)
WRAP_READS(fgetwc_unlocked, fgetwc)
WRAP_READS(getwc_unlocked, getwc)
WRAP_WRITES(fputwc, fputwc)
WRAP_WRITES(putwc, putwc)
WRAP_WRITES(fputwc_unlocked, fputwc)
WRAP_WRITES(putwc_unlocked, putwc)
SW_WRAP(wint_t, getwchar, getwchar, (void), (), ON(stdin))
SW_WRAP(wint_t, getwchar_unlocked, getwchar, (void), (), ON(stdin))
SW_WRAP(wint_t, putwchar, putwchar, (wchar_t character), (character), ON(stdout))
SW_WRAP(wint_t, putwchar_unlocked, putwchar, (wchar_t character), (character), ON(stdout))
