/*
 * What was found out of a program or a process that is to be watched, in words: each with how much
 * it matters and what to do. Collected by examine.c, examine_elf.c and doctor_process.c.
 */
#ifndef SW_COMMAND_FINDINGS_H
#define SW_COMMAND_FINDINGS_H

#include <stdbool.h>

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

/* %s in `text` is replaced by `argument`, escaped. What is found beyond SW_FINDINGS is left out. */
void sw_findings_add(struct sw_examination *examination, enum sw_finding_kind kind,
                     const char *text, const char *argument, const char *advice);
bool sw_findings_are_fatal(const struct sw_examination *examination);

#endif
