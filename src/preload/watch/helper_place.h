/* Where stallwatch-symbolize is: beside the library in the build tree, in libexec once installed.
 * Watchdog thread. */
#ifndef SW_WATCH_HELPER_PLACE_H
#define SW_WATCH_HELPER_PLACE_H

/* `asked`: STALLWATCH_HELPER, a path or "none"; NULL: found relative to the library's own path.
 * Configures the helper. */
void sw_helper_place(const char *asked);

#endif
