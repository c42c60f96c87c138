/* The numbers that a folder of /proc has for names: processes, threads, descriptors. Watchdog
 * thread. */
#ifndef SW_WATCH_NUMBERS_H
#define SW_WATCH_NUMBERS_H

#include <stdbool.h>

struct sw_numbers {
    int fd;
    long at, length;
    char buffer[4096];
};

/* False: there is no such folder, and nothing to close. */
bool sw_numbers_open(struct sw_numbers *numbers, const char *path);
/* The next one; -1: no more. */
int sw_numbers_next(struct sw_numbers *numbers);
void sw_numbers_close(struct sw_numbers *numbers);

#endif
