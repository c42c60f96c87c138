/* The helper's environment: a handful of the program's own variables, and nothing else. For
 * report/helper.c. */
#ifndef SW_REPORT_HELPER_ENVIRONMENT_H
#define SW_REPORT_HELPER_ENVIRONMENT_H

/* Reads what the program was started with. NULL-terminated, static; without LD_PRELOAD or any other
 * LD_ variable. Once, before the helper is started; watchdog thread, or before there are others. */
char *const *sw_helper_environment(void);

#endif
