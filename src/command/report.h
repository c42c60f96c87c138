/* `stallwatch report`. */
#ifndef SW_COMMAND_REPORT_H
#define SW_COMMAND_REPORT_H

/* `arguments`: behind "report", NULL at the end. Returns the exit code. */
int sw_report_main(char **arguments);

#endif
