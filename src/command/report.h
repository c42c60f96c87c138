/* `stallwatch report`. */
#ifndef SW_COMMAND_REPORT_H
#define SW_COMMAND_REPORT_H

#include "command/options.h"

/* `arguments`: behind "report", NULL at the end. Returns the exit code. */
int sw_report_main(char **arguments);
/* Its options, as its --help has them. */
const struct sw_option *sw_report_option_table(unsigned *count);

#endif
