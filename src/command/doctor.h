/* `stallwatch doctor`. */
#ifndef SW_COMMAND_DOCTOR_H
#define SW_COMMAND_DOCTOR_H

/* `arguments`: behind "doctor", NULL at the end. Returns the exit code. */
int sw_doctor_main(char **arguments);

#endif
