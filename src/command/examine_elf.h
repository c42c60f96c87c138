/* What an ELF file says of whether it can be watched. */
#ifndef SW_COMMAND_EXAMINE_ELF_H
#define SW_COMMAND_EXAMINE_ELF_H

#include "command/findings.h"

/* Adds what the ELF file open as `fd` says; nothing where it is none. */
void sw_examine_elf(struct sw_examination *examination, int fd);

#endif
