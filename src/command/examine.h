/*
 * Can a program be watched? What its file says, as findings in words. Called by doctor.c, and by
 * run.c for its warning. The only room, with examine_elf.c, that reads ELF.
 */
#ifndef SW_COMMAND_EXAMINE_H
#define SW_COMMAND_EXAMINE_H

#include <stdbool.h>
#include <stddef.h>

enum sw_finding_kind { SW_FINDING_FATAL, SW_FINDING_WARNING, SW_FINDING_NOTE };

#define SW_FINDINGS      16
#define SW_FINDING_BYTES 512

struct sw_finding {
    enum sw_finding_kind kind;
    char text[SW_FINDING_BYTES];   /* escaped, no full stop */
    char advice[SW_FINDING_BYTES]; /* what to do; "" */
    bool not_for_us; /* no matter to who runs it now: it gains nothing, or cannot run */
};

struct sw_examination {
    char path[4096]; /* of what is run in the end: a script's interpreter */
    unsigned count;
    struct sw_finding findings[SW_FINDINGS];
};

/* Finds `name` as a shell would: as it is where it has a '/', else in PATH. 0, -ENOENT, or -EACCES
 * where the only one found cannot be executed. */
int sw_examine_find(const char *name, char *path, size_t size);
/* Looks at the file at `path`. 0, or negative errno where it cannot be read. */
int sw_examine_program(struct sw_examination *examination, const char *path);
bool sw_examine_is_fatal(const struct sw_examination *examination);
/* %s in `text` is replaced by `argument`, escaped. */
void sw_examine_add(struct sw_examination *examination, enum sw_finding_kind kind, const char *text,
                    const char *argument, const char *advice);
/* examine_elf.c: adds what the ELF file open as `fd` says. */
void sw_examine_elf(struct sw_examination *examination, int fd);

#endif
