/*
 * What the library says of itself: settings that cannot be used, files that cannot be written,
 * loops found and lost. One line each, prefixed as reports are. Watchdog thread, but for one.
 */
#ifndef SW_WATCH_SAY_H
#define SW_WATCH_SAY_H

#include <stdbool.h>

#include "preload/notes/thread.h"

#define SW_SAY_MOST 512 /* bytes of a message */

/* `always`: to standard error, wherever the log goes; else to the log, with STALLWATCH_VERBOSE=1.
 */
void sw_say(const char *message, bool always);
/* To the log, as the reports are. */
void sw_say_report(const char *message);
/* With STALLWATCH_VERBOSE=1: what is watched, and how. `exe` is the program's path. */
void sw_say_process(const char *exe);
/* Problems of the settings. */
void sw_say_settings(void);
/* Files that could not be opened. */
void sw_say_sink(void);
/* To the log: the watchdog's thread could not be made, for that errno. The thread that tried. */
void sw_say_unwatched(int error);
/* With STALLWATCH_VERBOSE=1: why the program says that it may block; each reason once. */
void sw_say_allowed(const char why[SW_LABEL_TEXT]);

#endif
