/* `stallwatch doctor`. */
#ifndef SW_COMMAND_DOCTOR_H
#define SW_COMMAND_DOCTOR_H

#include "command/options.h"

/* `arguments`: behind "doctor", NULL at the end. Returns the exit code. */
int sw_doctor_main(char **arguments);
/* Its options, as its --help has them. */
const struct sw_option *sw_doctor_option_table(unsigned *count);

#endif
