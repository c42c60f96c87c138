/* Names of system calls that block, for those that no wrapper noted (raw ones, and what libc does
 * inside itself). */
#ifndef SW_WATCH_SYSCALL_NAMES_H
#define SW_WATCH_SYSCALL_NAMES_H

enum sw_syscall_class { SW_SYSCALL_BLOCKS, SW_SYSCALL_WAITS, SW_SYSCALL_LOCKS };

struct sw_syscall_name {
    long number;
    const char *name;
    enum sw_syscall_class class;
};

/* NULL: not one that is known to block. Any thread. */
const struct sw_syscall_name *sw_syscall_name(long number);

#endif
