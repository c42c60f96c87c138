/*
 * Streams: libc reads and writes for them inside itself, past our read and write. Any thread; see
 * wrap.h. What a stream is, is its descriptor (a field of it).
 *
 * Single characters come mostly from the buffer or go to it: noted are those that find it empty or
 * full.
 */
#include <fcntl.h>
#include <stdio.h>

#include "preload/interpose/wrap.h"

/* Macros in some headers. */
#undef fread_unlocked
#undef fwrite_unlocked
#undef getc
#undef putc

/* Exported by libc, not declared for users, or macros. */
size_t __fread_chk(void *to, size_t room, size_t size, size_t count, FILE *stream);
size_t __fread_unlocked_chk(void *to, size_t room, size_t size, size_t count, FILE *stream);
char *__fgets_chk(char *to, size_t room, int size, FILE *stream);
char *__fgets_unlocked_chk(char *to, size_t room, int size, FILE *stream);
int _IO_getc(FILE *stream);
int _IO_putc(int byte, FILE *stream);

#define ON(stream) (stream)->_fileno, 0, 0

SW_WRAP_READS_ONE(SW_NULL_RESULT, FILE *, fopen, fopen, (const char *path, const char *mode),
                  (path, mode), (uintptr_t)path, AT_FDCWD, 0)
SW_WRAP_READS_ONE(SW_NULL_RESULT, FILE *, fopen64, fopen, (const char *path, const char *mode),
                  (path, mode), (uintptr_t)path, AT_FDCWD, 0)

/* NULL: all streams. */
SW_WRAP(int, fflush, fflush, (FILE * stream), (stream), stream != NULL ? stream->_fileno : -1, 0, 0)
SW_WRAP(int, fflush_unlocked, fflush, (FILE * stream), (stream),
        stream != NULL ? stream->_fileno : -1, 0, 0)

SW_WRAP(size_t, fread, fread, (void *to, size_t size, size_t count, FILE *stream),
        (to, size, count, stream), ON(stream))
SW_WRAP(size_t, __fread_chk, fread,
        (void *to, size_t room, size_t size, size_t count, FILE *stream),
        (to, room, size, count, stream), ON(stream))
SW_WRAP(size_t, fread_unlocked, fread_unlocked, (void *to, size_t size, size_t count, FILE *stream),
        (to, size, count, stream), ON(stream))
SW_WRAP(size_t, __fread_unlocked_chk, fread_unlocked,
        (void *to, size_t room, size_t size, size_t count, FILE *stream),
        (to, room, size, count, stream), ON(stream))
SW_WRAP(size_t, fwrite, fwrite, (const void *from, size_t size, size_t count, FILE *stream),
        (from, size, count, stream), ON(stream))
SW_WRAP(size_t, fwrite_unlocked, fwrite_unlocked,
        (const void *from, size_t size, size_t count, FILE *stream), (from, size, count, stream),
        ON(stream))

SW_WRAP(char *, fgets, fgets, (char *to, int size, FILE *stream), (to, size, stream), ON(stream))
SW_WRAP(char *, __fgets_chk, fgets, (char *to, size_t room, int size, FILE *stream),
        (to, room, size, stream), ON(stream))
SW_WRAP(char *, fgets_unlocked, fgets_unlocked, (char *to, int size, FILE *stream),
        (to, size, stream), ON(stream))
SW_WRAP(char *, __fgets_unlocked_chk, fgets_unlocked,
        (char *to, size_t room, int size, FILE *stream), (to, room, size, stream), ON(stream))
SW_WRAP(ssize_t, getline, getline, (char **to, size_t *size, FILE *stream), (to, size, stream),
        ON(stream))
SW_WRAP(ssize_t, getdelim, getdelim, (char **to, size_t *size, int end, FILE *stream),
        (to, size, end, stream), ON(stream))
/* <stdio.h> makes this of a getline that is compiled with optimisation. */
SW_NEXT_DEFINE_COLD(__getdelim);

SW_EXPORT ssize_t __getdelim(char **to, size_t *size, int end, FILE *stream)
{
    if (SW_CALL_UNNOTED())
        return SW_NEXT(__getdelim)(to, size, end, stream);
    struct sw_call call;
    SW_CALL_BEGIN(call, end == '\n' ? SW_CALL_getline : SW_CALL_getdelim, stream->_fileno, 0, 0);
    ssize_t result = SW_NEXT(__getdelim)(to, size, end, stream);
    SW_CALL_END(call);
    return result;
}

SW_WRAP(int, fputs, fputs, (const char *text, FILE *stream), (text, stream), ON(stream))
SW_WRAP(int, fputs_unlocked, fputs_unlocked, (const char *text, FILE *stream), (text, stream),
        ON(stream))
SW_WRAP(int, puts, puts, (const char *text), (text), ON(stdout))

/* Single characters. A line-buffered stream's end of its buffer is its beginning, so that all go
 * through here. */
#define IS_BUFFERED_IN(stream)  ((stream)->_IO_read_ptr < (stream)->_IO_read_end)
#define IS_BUFFERED_OUT(stream) ((stream)->_IO_write_ptr < (stream)->_IO_write_end)

#define WRAP_CHARACTER(name, as, parameters, arguments, stream, is_buffered)                       \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT int name parameters                                                                  \
    {                                                                                              \
        if (SW_CALL_UNNOTED() || is_buffered(stream))                                              \
            return SW_NEXT(name) arguments;                                                        \
        struct sw_call call;                                                                       \
        SW_CALL_BEGIN(call, SW_CALL_##as, (stream)->_fileno, 0, 0);                                \
        int result = SW_NEXT(name) arguments;                                                      \
        SW_CALL_END(call);                                                                         \
        return result;                                                                             \
    }

WRAP_CHARACTER(fgetc, fgetc, (FILE * stream), (stream), stream, IS_BUFFERED_IN)
WRAP_CHARACTER(getc, getc, (FILE * stream), (stream), stream, IS_BUFFERED_IN)
WRAP_CHARACTER(_IO_getc, getc, (FILE * stream), (stream), stream, IS_BUFFERED_IN)
WRAP_CHARACTER(getchar, getchar, (void), (), stdin, IS_BUFFERED_IN)
WRAP_CHARACTER(fputc, fputc, (int byte, FILE *stream), (byte, stream), stream, IS_BUFFERED_OUT)
WRAP_CHARACTER(putc, putc, (int byte, FILE *stream), (byte, stream), stream, IS_BUFFERED_OUT)
WRAP_CHARACTER(_IO_putc, putc, (int byte, FILE *stream), (byte, stream), stream, IS_BUFFERED_OUT)
WRAP_CHARACTER(putchar, putchar, (int byte), (byte), stdout, IS_BUFFERED_OUT)
