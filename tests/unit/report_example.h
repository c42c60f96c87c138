/*
 * The stall that the contract shows, its process and a summary, set up anew before each test: what
 * the tests of the text and of the JSON reports begin with and change one thing in. Included once
 * by each of them.
 */
#ifndef SW_TESTS_REPORT_EXAMPLE_H
#define SW_TESTS_REPORT_EXAMPLE_H

#include <check.h>
#include <string.h>

#include "preload/report/report.h"

#define SIGNATURE UINT64_C(0x5f0c2a9be1d04477)
#define BEGAN     UINT64_C(1795407011123000000) /* 2026-11-23T04:10:11.123Z */

static char data[256 * 1024];
static struct sw_text text;
static const char *arguments[] = {"python3", "main.py", "--port=80"};
static struct sw_process_info process;
static struct sw_frame frames[100], other_frames[2];
static struct sw_stack stacks[12];
static struct sw_stall stall;
static struct sw_loop_summary loops[40];
static struct sw_stall_group groups[2];
static struct sw_pool_summary pools[1];
static struct sw_summary summary;

static inline void fresh(void)
{
    sw_text_init(&text, data, sizeof data);
}

/* The stall that the contract shows. */
static inline void setup(void)
{
    process = (struct sw_process_info){"web-1", "/usr/bin/python3", "python3", "python3", 4711,
                                       3,       arguments,          100000000};
    memset(frames, 0, sizeof frames);
    for (size_t i = 0; i < 100; i++)
        frames[i] = (struct sw_frame){.function = "main", .module = "prog", .path = "/prog"};
    frames[0] = (struct sw_frame){.function = "clock_nanosleep",
                                  .module = "libc.so.6",
                                  .path = "/usr/lib/libc.so.6",
                                  .offset = 0x1234,
                                  .has_offset = true,
                                  .build_id = "0a1b"};
    frames[1] = (struct sw_frame){
        .lang = SW_LANG_PYTHON, .function = "bad", .file = "/srv/app/main.py", .line = 7};
    other_frames[0] = (struct sw_frame){.function = "read", .module = "libc.so.6"};
    other_frames[1] = (struct sw_frame){
        .lang = SW_LANG_PYTHON, .function = "worse", .file = "/srv/app/main.py", .line = 9};
    for (size_t i = 0; i < 12; i++)
        stacks[i] = (struct sw_stack){1, 100000000, 2, other_frames, 2};
    stacks[0] = (struct sw_stack){5, 25000000, 2, frames, 2};
    stall = (struct sw_stall){.id = 3,
                              .state = SW_STALL_ENDED,
                              .began_realtime_ns = BEGAN,
                              .duration_ns = 501234567,
                              .threshold_ns = 100000000,
                              .counted = true,
                              .tid = 4711,
                              .thread_name = "python3",
                              .main_thread = true,
                              .loop_id = 1,
                              .wait = "epoll_wait",
                              .fd = 4,
                              .iteration = 1842,
                              .events = 1,
                              .cause = SW_CAUSE_BLOCKING_CALL,
                              .call_count = 1,
                              .calls = {{"clock_nanosleep", "500 ms", 500100000, 1, 0, 0}},
                              .call_named = true,
                              .cause_ns = 500100000,
                              .cpu_ns = 1000000,
                              .runqueue_ns = 100000,
                              .blocked_ns = 500100000,
                              .accounted_ns = 501200000,
                              .runqueue_known = true,
                              .stack_count = 1,
                              .stacks = stacks,
                              .signature = SIGNATURE,
                              .occurrence = 1};
    for (size_t i = 0; i < 40; i++)
        loops[i] = (struct sw_loop_summary){2, 5000, "worker", "poll", 1, 0, 0, 0, 0, 0, 0, 0};
    loops[0] = (struct sw_loop_summary){1,       4711,        "python3",   "epoll_wait",
                                        1842,    12000000000, 48000000000, 80000,
                                        1200000, 12500000,    501234567,   601234567};
    groups[0] = (struct sw_stall_group){SIGNATURE,
                                        10,
                                        5012000000,
                                        501234567,
                                        SW_CAUSE_BLOCKING_CALL,
                                        "clock_nanosleep",
                                        "bad /srv/app/main.py:7"};
    groups[1] = (struct sw_stall_group){1, 1, 150000000, 150000000, SW_CAUSE_CPU, NULL, NULL};
    pools[0] = (struct sw_pool_summary){"anyio", 40, 2, 1500000000, 1000000000};
    summary = (struct sw_summary){60000000000, 12, 10, 1, 5, 1, 3, 1, loops, 2, groups, 1, pools};
}

static inline const char *stall_text(bool brief)
{
    fresh();
    sw_report_stall_text(&text, &process, &stall, brief);
    ck_assert(!text.truncated);
    return data;
}

static inline void ck_has(const char *part)
{
    ck_assert_msg(strstr(data, part) != NULL, "no \"%s\" in:\n%s", part, data);
}

static inline void ck_has_not(const char *part)
{
    ck_assert_msg(strstr(data, part) == NULL, "\"%s\" in:\n%s", part, data);
}

/* Lines whole, each with its prefix and nothing that a terminal would act on. */
static inline void ck_lines(const char *lines, size_t length)
{
    const char *end = lines + length;
    ck_assert_uint_eq(strlen(lines), length);
    while (lines < end) {
        ck_assert_int_eq(strncmp(lines, "==4711== ", 9), 0);
        for (; lines < end && *lines != '\n'; lines++)
            ck_assert_uint_ge((unsigned char)*lines, 0x20);
        ck_assert_ptr_ne(lines, end);
        lines++;
    }
}

#endif
