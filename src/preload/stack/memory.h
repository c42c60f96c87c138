/*
 * Reads of our own process that cannot fault.
 *
 * The watchdog follows pointers that the program may take away at any moment (dlclose, munmap, a
 * truncated file): a plain load would kill it. process_vm_readv(2) of ourselves returns EFAULT
 * instead; where it is forbidden, /proc/self/mem. Whole blocks are read and kept for one capture.
 * Watchdog thread only.
 */
#ifndef SW_STACK_MEMORY_H
#define SW_STACK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forgets all blocks: at the start of each capture. */
void sw_memory_forget(void);
/* The same, and gives the kernel back what the blocks lie in. One system call. */
void sw_memory_give_back(void);
/* A number that changes with each sw_memory_forget: what was checked in this capture need not be
 * checked again. */
uint64_t sw_memory_capture(void);
/* As if the kernel forbade process_vm_readv (it is found out by itself where it does): for tests.
 */
void sw_memory_forbid_vm_readv(bool forbid);
/* Copies `size` bytes at `address`; 0, or -EFAULT with `to` untouched beyond what was read. Through
 * the blocks. */
int sw_memory_read(uint64_t address, void *to, size_t size);
/* As much of `size` bytes as is mapped from `address` on, past the blocks, straight from memory.
 * Returns bytes read. */
size_t sw_memory_copy(uint64_t address, void *to, size_t size);
/* How many pages in a row can be read, `most` at the most: the one of `address` and those above it,
 * or below it with `down`. A mapping need not be readable all through: MADV_GUARD_INSTALL of
 * madvise(2), by which glibc 2.42 and newer guard threads' stacks, does not show in
 * /proc/self/maps. */
size_t sw_memory_pages(uint64_t address, bool down, size_t most);
/* A C string of at most size-1 bytes. 0, or -EFAULT. Longer ones are cut. */
int sw_memory_string(uint64_t address, char *to, size_t size);
/* The mapping that holds `address`, from /proc/self/maps: [low, high). 0 or -ENOENT.
 * `grows` is set for the main thread's stack, whose lower end moves. */
int sw_memory_mapping(uint64_t address, uint64_t *low, uint64_t *high, bool *grows);

#endif
