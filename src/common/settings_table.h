/*
 * The table of settings, a row for each STALLWATCH_ variable: the only place where one is
 * described.
 *
 * Define SW_SETTING and include this file, as often as wanted: it undefines the macro at its end.
 * The columns:
 *
 * - name: the variable's, without STALLWATCH_. `stallwatch run` makes its option of it
 * - kind: how it is read, a SW_KIND_ of settings.c
 * - field: of struct sw_settings
 * - default: as a user would write it; the parser reads it to put the default in place
 * - least, most: the range, of an MS in nanoseconds, of a NUMBER as it is; 0 elsewhere
 * - words: of a CHOICE, in the order of its enum; of a PATH the word that stands for NULL; of the
 *   others words that a shell may propose
 * - expected: ends the sentence "expected ..." of the line about a bad value
 * - meaning: for STALLWATCH_HELP=1 and the man pages
 */
#ifndef SW_SETTING
#error "define SW_SETTING before including settings_table.h"
#endif

SW_SETTING(THRESHOLD_MS, MS, threshold_ns, "100", 500000, 3600000000000, "",
           "a number of milliseconds, 0.5 to 3600000",
           "an iteration of the loop longer than this is a stall")
SW_SETTING(LOG, PATH, log, "stderr", 0, 0, "", "stderr, none or a path",
           "where the text goes: stderr, none, or a path to append to, with %p pid, %e program, "
           "%t start time, %h host, %% a percent sign")
SW_SETTING(JSON, PATH, json, "none", 0, 0, "none", "none or a path",
           "a path for JSON lines, with the same % codes; independent of the text")
SW_SETTING(SUPPRESSIONS, PATH, suppressions, "none", 0, 0, "none", "none or paths separated by ':'",
           "files of suppressions, separated by ':'")
SW_SETTING(EXITCODE, NUMBER, exitcode, "0", 0, 255, "", "a whole number, 0 to 255",
           "if not 0: what a process exits with that had a counted stall and would have exited "
           "with 0")
SW_SETTING(COUNT, CAUSES, count, "cpu,blocking-call,nested-wait,lock,gil,mixed,unknown", 0, 0,
           "blocking-call,cpu,nested-wait,lock,gil,starved,paging,stopped,mixed,unknown,startup,"
           "pool,all",
           "a comma-separated list of blocking-call, cpu, nested-wait, lock, gil, starved, paging, "
           "stopped, mixed, unknown, startup, pool, all",
           "the causes that count as failures; the others are reported as notes (starved, paging, "
           "stopped; startup and pool stand for what happens there)")
SW_SETTING(PARKS, PATH, parks, "none", 0, 0, "none", "none or paths separated by ':'",
           "files of functions in which schedulers park their threads, beside those known")
SW_SETTING(HINTS, PATH, hints, "none", 0, 0, "none", "none or paths separated by ':'",
           "files of advice on calls that block a loop, before that which is known")
SW_SETTING(SAMPLES, NUMBER, samples, "8", 1, 64, "", "a whole number, 1 to 64",
           "at most this many stacks of one stall, spread over its length")
SW_SETTING(ONGOING_MS, MS, ongoing_ns, "1000", 1000000, 3600000000000, "",
           "a number of milliseconds, 1 to 3600000",
           "a stall still going after this is reported as ongoing, again each time it has doubled")
SW_SETTING(MAX_REPORTS, NUMBER, max_reports, "60", 0, 1000000, "", "a whole number, 0 to 1000000",
           "full reports a minute; beyond it stalls are only counted, and go to the JSON without "
           "stacks")
SW_SETTING(SUMMARY, CHOICE, summary, "auto", 0, 0, "auto,always,never", "auto, always or never",
           "a summary in the text at exit: auto (if anything stalled), always, never")
SW_SETTING(METRICS, PATH, metrics, "none", 0, 0, "none", "none or a path",
           "a path for Prometheus text, with the same % codes; replaced every 10 s and at exit")
SW_SETTING(ANNOTATE, CHOICE, annotate, "none", 0, 0, "none,github", "none or github",
           "github: GitHub workflow annotations on stderr")
SW_SETTING(ONLY, NAMES, only, "*", 0, 0, "", "comma-separated globs of program names",
           "globs of the names of programs to watch; others are left alone")
SW_SETTING(FOLLOW, BOOL, follow, "1", 0, 0, "", "0 or 1",
           "0: children are not watched (our entry is taken out of LD_PRELOAD)")
SW_SETTING(SIGNAL, SIGNAL, signal, "auto", 0, 0, "",
           "auto or the number of a real-time signal, SIGRTMIN to SIGRTMAX",
           "the real-time signal used to sample a running thread")
SW_SETTING(HELPER, PATH, helper, "auto", 0, 0, "auto", "auto, none or a path",
           "path of stallwatch-symbolize, or none; auto: beside the library")
SW_SETTING(DEBUGINFOD, BOOL, debuginfod, "0", 0, 0, "", "0 or 1",
           "1: the helper may ask the servers in DEBUGINFOD_URLS for debug information")
SW_SETTING(VERBOSE, BOOL, verbose, "0", 0, 0, "", "0 or 1",
           "1: say what is watched, and each loop as it is found")
SW_SETTING(HELP, BOOL, help, "0", 0, 0, "", "0 or 1", "1: print this table to stderr and go on")

#undef SW_SETTING
