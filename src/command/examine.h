/*
 * Can a program be watched? What its file says, as findings in words. Called by doctor.c, and by
 * run.c for its warning. The only room, with examine_elf.c, that reads ELF.
 */
#ifndef SW_COMMAND_EXAMINE_H
#define SW_COMMAND_EXAMINE_H

#include <stddef.h>

#include "command/findings.h"

/* Finds `name` as a shell would: as it is where it has a '/', else in PATH. 0, -ENOENT, or -EACCES
 * where the only one found cannot be executed. */
int sw_examine_find(const char *name, char *path, size_t size);
/* Looks at the file at `path`. 0, or negative errno where it cannot be read. */
int sw_examine_program(struct sw_examination *examination, const char *path);

#endif
