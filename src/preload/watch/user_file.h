/* Files that users name in settings (suppressions, parks). Watchdog thread. */
#ifndef SW_WATCH_USER_FILE_H
#define SW_WATCH_USER_FILE_H

#include <stddef.h>

#include "common/text.h"

/* Reads a whole file into `to`. Its length, or a negative errno: EFBIG where it has `size` bytes or
 * more. */
long sw_user_file_read(const char *path, char *to, size_t size);
/* The next path of a list separated by ':', copied; NULL: no more. Empty ones and longer ones are
 * left out. */
const char *sw_user_file_next(const char **list, char *path, size_t size);
/* Says each line of `problems`, as one of the setting `variable`. */
void sw_user_file_say_problems(const char *variable, const struct sw_text *problems);
/* Says that a file of the setting `variable` cannot be read; `error` a positive errno. */
void sw_user_file_complain(const char *variable, const char *path, int error);

#endif
