/*
 * GitHub's workflow commands: a line that becomes an annotation at a file's line. For the command
 * (formats/github.c) and the library (watch/tell/annotations.c). Pure.
 */
#ifndef SW_COMMON_ANNOTATION_H
#define SW_COMMON_ANNOTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

struct sw_annotation {
    bool error;       /* else a notice */
    const char *file; /* NULL: it is at no place */
    uint32_t line;    /* 0: not known */
    const char *title, *message;
};

/* Appends the line: the file relative to `checkout` (an absolute path; NULL: none) where it lies in
 * it, since that is how GitHub knows it; everything escaped. */
void sw_annotation_write(struct sw_text *text, const struct sw_annotation *annotation,
                         const char *checkout);

/* How good a place a frame's file is for an annotation: 3 in the checkout, 2 elsewhere, 1 a
 * library's own (of the language, of the system, or installed beside the program), 0 none at all
 * (NULL). The innermost frame with the highest is the one to take. */
unsigned sw_annotation_rank(const char *file, const char *checkout);

#endif
