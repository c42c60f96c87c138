/*
 * What else reaches a stream's file: moving in it writes its buffer out, single characters without
 * a lock (whose macros in <stdio.h> call __uflow and __overflow where the buffer is at its end),
 * and a stream's lock, which another thread may hold. Any thread; see wrap.h.
 */
#include <stdio.h>

#include "preload/interpose/wrap.h"

#undef getc_unlocked
#undef putc_unlocked
#undef getchar_unlocked
#undef putchar_unlocked
#undef fgetc_unlocked
#undef fputc_unlocked

#define ON(stream) (stream)->_fileno, 0, 0

SW_WRAP(int, fseek, fseek, (FILE * stream, long to, int from), (stream, to, from), ON(stream))
SW_WRAP(int, fseeko, fseeko, (FILE * stream, off_t to, int from), (stream, to, from), ON(stream))
SW_WRAP(int, fseeko64, fseeko, (FILE * stream, off64_t to, int from), (stream, to, from),
        ON(stream))
SW_WRAP(int, fsetpos, fsetpos, (FILE * stream, const fpos_t *to), (stream, to), ON(stream))
SW_WRAP(int, fsetpos64, fsetpos, (FILE * stream, const fpos64_t *to), (stream, to), ON(stream))

/* Without results. */
#define WRAP_VOID(name, as)                                                                        \
    SW_NEXT_DEFINE_COLD(name);                                                                     \
    SW_EXPORT void name(FILE *stream)                                                              \
    {                                                                                              \
        if (SW_CALL_UNNOTED()) {                                                                   \
            SW_NEXT(name)(stream);                                                                 \
            return;                                                                                \
        }                                                                                          \
        struct sw_call call;                                                                       \
        SW_CALL_BEGIN(call, SW_CALL_##as, (stream)->_fileno, 0, 0);                                \
        SW_NEXT(name)(stream);                                                                     \
        SW_CALL_END(call);                                                                         \
    }
WRAP_VOID(rewind, rewind)
WRAP_VOID(flockfile, flockfile)

/* Exported by libc, not declared for users. */
int __uflow(FILE *stream);
int __overflow(FILE *stream, int byte);

SW_WRAP(int, __uflow, getc_unlocked, (FILE * stream), (stream), ON(stream))
SW_WRAP(int, __overflow, putc_unlocked, (FILE * stream, int byte), (stream, byte), ON(stream))

/* The functions, for whoever calls them past the macros. */
SW_WRAP(int, getc_unlocked, getc_unlocked, (FILE * stream), (stream), ON(stream))
SW_WRAP(int, fgetc_unlocked, getc_unlocked, (FILE * stream), (stream), ON(stream))
SW_WRAP(int, getchar_unlocked, getc_unlocked, (void), (), ON(stdin))
SW_WRAP(int, putc_unlocked, putc_unlocked, (int byte, FILE *stream), (byte, stream), ON(stream))
SW_WRAP(int, fputc_unlocked, putc_unlocked, (int byte, FILE *stream), (byte, stream), ON(stream))
SW_WRAP(int, putchar_unlocked, putc_unlocked, (int byte), (byte), ON(stdout))
