/*
 * System calls that no wrapper noted (raw ones, and what libc does inside itself): their names, and
 * which wrapped call says what their arguments mean.
 */
#ifndef SW_WATCH_SYSCALL_NAMES_H
#define SW_WATCH_SYSCALL_NAMES_H

#include <stdint.h>

#include "preload/notes/calls_table.h"

/* Its name in the kernel; NULL: the headers that this was built with know none. Any thread. */
const char *sw_syscall_name(long number);

/* How one of the kernel's calls is like a wrapped one. */
struct sw_syscall_like {
    long number;
    uint16_t call;       /* enum sw_call_id */
    uint8_t argument[3]; /* which of the six each of the note's three is; SW_SYSCALL_NONE: 0 */
};
#define SW_SYSCALL_NONE 6

/* NULL: like none. Any thread. */
const struct sw_syscall_like *sw_syscall_like(long number);
/* Which cause time in it speaks for: that of the call which it is like. */
enum sw_call_class sw_syscall_class(long number);

#endif
