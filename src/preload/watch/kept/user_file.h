/*
 * Files that users name in settings (suppressions, parks, hints): each is read whole, handed to
 * what makes a table of it, and what is wrong with it is said. Watchdog thread.
 */
#ifndef SW_WATCH_USER_FILE_H
#define SW_WATCH_USER_FILE_H

#include "common/arena.h"
#include "common/text.h"

#define SW_USER_FILE_MOST (1u << 20) /* bytes of a file, a NUL behind them included */

/* Makes a table of a file's text (`length` bytes and a NUL), which stays and may be changed; a bad
 * line becomes a line of `problems`. Returns 0, or a negative errno where it could not go on. */
typedef int (*sw_user_file_take)(const char *path, char *bytes, size_t length,
                                 struct sw_text *problems);

/* Hands the text of each file of `list` (paths separated by ':', NULL: none) to `take`, in memory
 * of `arena`. A file that cannot be read, and each bad line, is said as one of the setting
 * `variable`.
 */
void sw_user_file_take_all(const char *variable, const char *list, struct sw_arena *arena,
                           sw_user_file_take take);

#endif
