/*
 * Where a report goes: standard output, or a file that is whole or not there (a temporary name in
 * the same directory, renamed at the end). Formats write into `text` with the common writers and
 * flush it after each piece.
 */
#ifndef SW_COMMAND_OUTPUT_H
#define SW_COMMAND_OUTPUT_H

#include <limits.h>
#include <stdbool.h>

#include "common/json.h"
#include "common/text.h"

struct sw_output {
    struct sw_text text;
    struct sw_json json; /* over `text` */
    bool colour;
    int fd;
    int error;                /* errno of the first write that failed */
    char path[PATH_MAX];      /* "": standard output */
    char temporary[PATH_MAX]; /* "": none */
    char buffer[1u << 18];
};

/* Is descriptor `fd` a terminal for which nobody has asked for no colours? */
bool sw_output_wants_colour(int fd);
/* Could `path` be written to, as far as can be told before? 0 or negative errno. */
int sw_output_check(const char *path);
/* `path` NULL: standard output. Returns 0 or negative errno. From here on a signal that ends the
 * command removes what is not whole. */
int sw_output_open(struct sw_output *output, const char *path);
/* Writes what is in `text` once there is enough of it. A piece is below 128 KiB. */
void sw_output_flush(struct sw_output *output);
/* Writes the rest and puts the file in its place; 0, or the negative errno of whatever failed on
 * the way (then the file is as it was before). */
int sw_output_close(struct sw_output *output);

#endif
