/* What a running process adds to what its file says. */
#ifndef SW_COMMAND_DOCTOR_PROCESS_H
#define SW_COMMAND_DOCTOR_PROCESS_H

#include <stdbool.h>

#include "command/findings.h"

/* Adds findings of process `pid`; is it being watched? */
bool sw_doctor_process(struct sw_examination *examination, int pid);

#endif
