/* See subcommands.h. Read by main.c and completions.c. */
#include "command/subcommands.h"

#include <stddef.h>

#include "command/completions.h"
#include "command/doctor.h"
#include "command/report.h"
#include "command/run.h"
#include "command/run_options.h"

const struct sw_subcommand sw_subcommands[] = {
    {"run", sw_run_main, "[OPTION]... [--] COMMAND [ARG]...",
     "runs a command with its event loops watched", sw_run_option_table, SW_OPERANDS_COMMAND},
    {"report", sw_report_main, "[OPTION]... FILE.jsonl...",
     "merges the JSON lines of runs into a report", sw_report_option_table, SW_OPERANDS_FILES},
    {"doctor", sw_doctor_main, "PROGRAM | --pid PID",
     "says whether a program can be watched, and why not", sw_doctor_option_table,
     SW_OPERANDS_PROGRAM},
    {"completions", sw_completions_main, "bash|zsh|fish",
     "prints what lets a shell complete its words", sw_completions_option_table, SW_OPERANDS_SHELL},
    {NULL, NULL, NULL, NULL, NULL, SW_OPERANDS_FILES},
};
