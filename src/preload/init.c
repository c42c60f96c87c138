/*
 * The library's constructor: runs in every process that it is preloaded into, most of which never
 * run a loop, so it reads the settings and does no more. It starts no thread, opens nothing and
 * loads nothing.
 */
#include <unistd.h>

#include "common/kernel.h"
#include "preload/follow.h"
#include "preload/interpose/exits.h"
#include "preload/notes/process.h"
#include "preload/watch/leaving.h"
#include "preload/watch/rest.h"
#include "preload/watch/watchdog.h"

#define HELP_SIZE 16384

/* STALLWATCH_HELP=1. In a frame of its own: the buffer is large, and hardly ever wanted. */
static __attribute__((noinline)) void print_help(void)
{
    char buffer[HELP_SIZE];
    struct sw_text text;
    sw_text_init(&text, buffer, sizeof buffer);
    sw_settings_help(&text);
    sw_kernel_write(2, text.data, text.length);
}

__attribute__((constructor)) static void sw_init(void)
{
    sw_process_watch = sw_watchdog_start;
    sw_process_wake = sw_rest_wake;
    sw_process_finish = sw_watchdog_finish;
    sw_process_leave = sw_watchdog_leave;
    sw_process_shut_in = sw_watchdog_shut_in;
    sw_process_birth(environ);
    if (sw_process_has_settings() && sw_process_settings.help)
        print_help();
    if (sw_process_has_settings() && !sw_process_settings.follow)
        sw_follow_stop(environ);
    if (sw_process_passive)
        return;
    sw_exits_start();
}
