/*
 * The little of ELF (elf(5)) that modules and symbols both need, from a file or from where it is
 * mapped. Every offset and count in it is somebody else's: checked before it is used. Watchdog
 * thread only.
 */
#ifndef SW_STACK_ELF_H
#define SW_STACK_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SW_ELF_SEGMENTS 64 /* program headers looked at; real ones have about 13 */

struct sw_elf {
    int fd;        /* of the file; -1: read from memory */
    uint64_t base; /* in memory: where its first byte is mapped */
    Elf64_Ehdr header;
    unsigned segment_count;
    Elf64_Phdr segment[SW_ELF_SEGMENTS];
};

/* Reads header and program headers by `fd`, or where that is -1 from memory at `base`. 0; -EFAULT;
 * -ENOEXEC: no ELF executable or library of this machine. The descriptor stays the caller's. */
int sw_elf_open(struct sw_elf *elf, int fd, uint64_t base);
/* `size` bytes at the file's `offset`. 0, or -EFAULT where there are not so many. From memory this
 * is right only where file and memory coincide: the first segment, and all of the vDSO. */
int sw_elf_read(const struct sw_elf *elf, uint64_t offset, void *to, size_t size);
/* Address at which the first segment asks to be mapped, cut to a page: base minus this is the bias.
 */
uint64_t sw_elf_first_address(const struct sw_elf *elf);
/* The first segment of a type, or NULL. */
const Elf64_Phdr *sw_elf_segment(const struct sw_elf *elf, uint32_t type);
/* The build id in hex; "" where there is none. */
void sw_elf_build_id(const struct sw_elf *elf, char hex[65]);

#endif
