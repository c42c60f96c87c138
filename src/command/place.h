/* Where the command's own parts are: relative to its file, in the build tree and installed. */
#ifndef SW_COMMAND_PLACE_H
#define SW_COMMAND_PLACE_H

#include <stddef.h>

/* The absolute path of libstallwatch.so, or of stallwatch-symbolize. 0, or -ENOENT. */
int sw_place_library(char *path, size_t size);
int sw_place_helper(char *path, size_t size);

#endif
