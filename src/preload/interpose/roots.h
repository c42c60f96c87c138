/*
 * A process that shuts itself into a folder: see notes/process.h (sw_process_shut_in). Included
 * by the wrappers of chroot(2) and syscall(2). Any thread.
 */
#ifndef SW_INTERPOSE_ROOTS_H
#define SW_INTERPOSE_ROOTS_H

/* Before chroot(path). errno kept. */
void sw_roots_change(const char *path);

#endif
