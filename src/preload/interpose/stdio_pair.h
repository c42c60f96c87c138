/*
 * The shape of the wrappers of the printf and scanf families, bytes and wide characters alike: what
 * takes its arguments one by one goes to the function that takes a va_list, as in libc itself. For
 * stdio_format.c and stdio_wide.c. Any thread; see wrap.h.
 *
 * The names are given to the assembler: <stdio.h> declares scanf under the name of the standard
 * that is being compiled for.
 */
#ifndef SW_INTERPOSE_STDIO_PAIR_H
#define SW_INTERPOSE_STDIO_PAIR_H

#include <stdarg.h>

#include "preload/interpose/wrap.h"

/* One real function, found once for the wrappers that end in it. */
#define SW_STDIO_REAL(form, name)                                                                  \
    static void *real_##name;                                                                      \
    static inline form *find_##name(void)                                                          \
    {                                                                                              \
        return (form *)(SW_LIKELY(real_##name != NULL) ? real_##name                               \
                                                       : sw_next_find(&real_##name, #name));       \
    }

/* A pair of wrappers of one real function: with the list, and with `...`. The names that follow
 * `as` are what reports call them; `...` are the parameters before the list. */
#define SW_STDIO_PAIR(real, name, as, list_name, list_as, on, arguments, ...)                      \
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

#endif
