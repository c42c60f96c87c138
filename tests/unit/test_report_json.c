/*
 * src/preload/report/, the JSON: every key of every record, with buffers of every size; and, for
 * the text too, names made of hostile bytes and stalls of which nothing is known.
 */
#include "preload/report/report.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_valid.h"
#include "report_example.h"

static void stall_json(bool with_stacks)
{
    fresh();
    sw_report_stall_json(&text, &process, &stall, with_stacks);
    ck_assert(!text.truncated);
    ck_assert_msg(json_valid_line(data, text.length), "not valid: %s", data);
}

#define ck_member(json, key, expected)                                                             \
    ck_assert_msg(json_member_is(json, key, expected), "%s is not %s in %s", key, expected, json)

static void ck_common(const char *type)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\"", type);
    ck_member(data, "v", "1");
    ck_member(data, "type", quoted);
    ck_member(data, "time", "\"2026-11-23T04:10:11.123Z\"");
    ck_member(data, "host", "\"web-1\"");
    ck_member(data, "pid", "4711");
    ck_member(data, "exe", "\"/usr/bin/python3\"");
    ck_member(data, "comm", "\"python3\"");
}

START_TEST(json_of_a_stall)
{
    stall_json(true);
    ck_common("stall");
    ck_member(data, "id", "3");
    ck_member(data, "state", "\"ended\"");
    ck_member(data, "duration_ms", "501.235");
    ck_member(data, "threshold_ms", "100.000");
    ck_member(data, "counted", "true");
    ck_member(data, "phase", "\"running\"");
    ck_member(data, "thread", "{\"tid\":4711,\"name\":\"python3\",\"main\":true}");
    ck_member(data, "loop",
              "{\"id\":1,\"wait\":\"epoll_wait\",\"fd\":4,\"iteration\":1842,\"events\":1}");
    ck_member(data, "cause", "\"blocking-call\"");
    ck_member(data, "call",
              "{\"name\":\"clock_nanosleep\",\"detail\":\"500 ms\",\"ms\":500.100,\"count\":1}");
    ck_member(data, "calls",
              "[{\"name\":\"clock_nanosleep\",\"detail\":\"500 ms\",\"ms\":500.100,\"count\":1}]");
    ck_member(data, "time_ms",
              "{\"cpu\":1.000,\"runqueue\":0.100,\"blocked\":500.100,\"accounted\":501.200}");
    ck_member(data, "faults", "{\"major\":0,\"minor\":0}");
    ck_member(data, "stacks",
              "[{\"samples\":5,\"at_ms\":25.000,\"frames\":["
              "{\"lang\":\"native\",\"function\":\"clock_nanosleep\",\"file\":null,\"line\":null,"
              "\"module\":\"libc.so.6\",\"offset\":4660,\"build_id\":\"0a1b\",\"inlined\":false,"
              "\"path\":\"/usr/lib/libc.so.6\"},"
              "{\"lang\":\"python\",\"function\":\"bad\",\"file\":\"/srv/app/main.py\",\"line\":7,"
              "\"module\":null,\"offset\":null,\"build_id\":null,\"inlined\":false,"
              "\"path\":null}]}]");
    ck_member(data, "holder", "null");
    ck_member(data, "signature", "\"5f0c2a9be1d04477\"");
    ck_member(data, "occurrence", "1");
    ck_member(data, "label", "null");
    ck_member(data, "hint", "null");
    ck_member(data, "suppressed", "null");
}
END_TEST

START_TEST(json_variants)
{
    stall.state = SW_STALL_ONGOING;
    stall.startup = true;
    stall.counted = false;
    stall.fd = -1;
    stall.call_named = false;
    stall.runqueue_known = false;
    stall.calls[0].count = 0;
    stall.calls[0].detail = NULL;
    stall.signature = 0xabc;
    stall.label = "a label";
    stall.suppressed = "call:x";
    stall_json(false);
    ck_member(data, "state", "\"ongoing\"");
    ck_member(data, "phase", "\"startup\"");
    ck_member(data, "counted", "false");
    ck_member(json_member(data, "loop"), "fd", "null");
    ck_member(data, "call", "null");
    ck_member(data, "calls",
              "[{\"name\":\"clock_nanosleep\",\"detail\":null,\"ms\":500.100,\"count\":null}]");
    ck_member(json_member(data, "time_ms"), "runqueue", "null");
    ck_member(data, "stacks", "[]");
    ck_member(data, "signature", "\"0000000000000abc\"");
    ck_member(data, "label", "\"a label\"");
    ck_member(data, "suppressed", "\"call:x\"");
    stall.state = SW_STALL_EXITING;
    stall.call_count = 0;
    stall.call_named = true;
    stall.fd = 0;
    stall_json(true);
    ck_member(data, "state", "\"exiting\"");
    ck_member(data, "call", "null");
    ck_member(data, "calls", "[]");
    ck_member(json_member(data, "loop"), "fd", "0");
}
END_TEST

START_TEST(json_of_a_process)
{
    fresh();
    sw_report_process_json(&text, &process, BEGAN);
    ck_assert(json_valid_line(data, text.length));
    ck_common("process");
    ck_assert_ptr_nonnull(json_member(data, "version"));
    ck_member(data, "argv", "[\"python3\",\"main.py\",\"--port=80\"]");
    ck_member(data, "threshold_ms", "100.000");
}
END_TEST

START_TEST(json_of_a_summary)
{
    fresh();
    sw_report_summary_json(&text, &process, &summary, BEGAN);
    ck_assert(json_valid_line(data, text.length));
    ck_common("summary");
    ck_member(data, "uptime_ms", "60000.000");
    ck_member(data, "stalls",
              "{\"total\":12,\"counted\":10,\"suppressed\":1,\"unreported\":5,\"notes\":1}");
    ck_member(data, "loops",
              "[{\"id\":1,\"thread\":{\"tid\":4711,\"name\":\"python3\",\"main\":true},"
              "\"wait\":\"epoll_wait\",\"iterations\":1842,\"busy_ms\":12000.000,"
              "\"wait_ms\":48000.000,\"busy_us\":{\"p50\":80.0,\"p90\":1200.0,\"p99\":12500.0,"
              "\"p999\":501234.6,\"max\":601234.6}}]");
    ck_member(data, "worst",
              "[{\"signature\":\"5f0c2a9be1d04477\",\"count\":10,\"total_ms\":5012.000,"
              "\"max_ms\":501.235,\"cause\":\"blocking-call\",\"call\":\"clock_nanosleep\","
              "\"top\":\"bad /srv/app/main.py:7\"},"
              "{\"signature\":\"0000000000000001\",\"count\":1,\"total_ms\":150.000,"
              "\"max_ms\":150.000,\"cause\":\"cpu\",\"call\":null,\"top\":null}]");
    ck_member(data, "lines_lost", "3");
}
END_TEST

static void write_stall(struct sw_text *to)
{
    sw_report_stall_json(to, &process, &stall, true);
}

static void write_process(struct sw_text *to)
{
    sw_report_process_json(to, &process, BEGAN);
}

static void write_summary(struct sw_text *to)
{
    sw_report_summary_json(to, &process, &summary, BEGAN);
}

/* At every size one whole line is appended, or nothing and `truncated` is set; what stood before it
 * stays. */
static void ck_every_size(void (*write)(struct sw_text *to), size_t enough)
{
    static char small[32768];
    fresh();
    write(&text);
    size_t length = text.length, least = 0;
    ck_assert_uint_lt(length, sizeof small - 8);
    for (size_t size = 4; size < length + 6; size++) {
        memset(small, '#', sizeof small);
        sw_text_init(&text, small, size);
        sw_text_string(&text, "x\n");
        write(&text);
        ck_assert_int_eq(small[size], '#');
        ck_assert_int_eq(memcmp(small, "x\n", 2), 0);
        ck_assert_int_eq(text.length == 2, text.truncated);
        ck_assert(text.truncated || json_valid_line(small + 2, text.length - 2));
        if (text.truncated)
            least = size;
        if (size > length + 2)
            ck_assert_str_eq(small + 2, data);
    }
    ck_assert_uint_lt(least, enough);
}

START_TEST(json_at_every_size)
{
    static char huge[2000];
    static const char *many[60];
    memset(huge, 'h', sizeof huge - 1);
    for (size_t i = 0; i < 60; i++)
        many[i] = i == 1 ? huge : "--option";
    process.argv = many;
    process.argc = 60;
    process.exe = huge;
    stall.label = huge;
    groups[0].top = huge;
    stacks[0].count = 20;
    stall.stack_count = 3;
    summary.loop_count = 20;
    ck_every_size(write_stall, 1024);
    ck_every_size(write_process, 300);
    ck_every_size(write_summary, 400);
}
END_TEST

START_TEST(main_stack_before_the_others)
{
    stall.stack_count = 3;
    stall_json(true);
    size_t all = text.length;
    sw_text_init(&text, data, all);
    sw_report_stall_json(&text, &process, &stall, true);
    ck_assert(json_valid_line(data, text.length));
    ck_has("clock_nanosleep\",\"file\"");
    ck_has_not("worse");
}
END_TEST

START_TEST(hostile_names)
{
    static const char hostile[] = "\x1b]0;x\x07\n\"\\\xff\xc2\x9b\xe2\x80\xae%s\x7f";
    process.host = process.exe = process.comm = process.program = hostile;
    arguments[2] = hostile;
    memcpy(stall.thread_name, hostile, 16);
    stall.thread_name[16] = '\0';
    stall.wait = stall.label = stall.hint = stall.suppressed = hostile;
    stall.counted = false;
    stall.calls[0].name = stall.calls[0].detail = hostile;
    frames[0].function = frames[0].module = frames[0].path = frames[0].build_id = hostile;
    frames[1].function = frames[1].file = hostile;
    groups[0].call = groups[0].top = loops[0].thread_name = loops[0].wait = hostile;
    for (int brief = 0; brief < 2; brief++) {
        stall_text(brief != 0);
        ck_lines(data, text.length);
        ck_has_not("\x7f");
        ck_has_not("\xc2\x9b");
    }
    fresh();
    sw_report_summary_text(&text, &process, &summary);
    ck_lines(data, text.length);
    stall_json(true);
    fresh();
    write_process(&text);
    ck_assert(json_valid_line(data, text.length));
    fresh();
    write_summary(&text);
    ck_assert(json_valid_line(data, text.length));
    arguments[2] = "--port=80";
}
END_TEST

/* What the watchdog could not find out is NULL; numbers may be at the ends of their ranges. */
START_TEST(nothing_known)
{
    process = (struct sw_process_info){.pid = 4711};
    stall = (struct sw_stall){.fd = -1,
                              .cause = (enum sw_cause)99,
                              .duration_ns = UINT64_MAX,
                              .began_realtime_ns = UINT64_MAX,
                              .call_count = 2,
                              .call_named = true,
                              .stack_count = 1,
                              .stacks = stacks};
    frames[0] = frames[1] = (struct sw_frame){0};
    groups[0] = (struct sw_stall_group){0};
    loops[0] = (struct sw_loop_summary){.max_ns = UINT64_MAX, .busy_ns = UINT64_MAX, .wait_ns = 1};
    stall_json(true);
    ck_member(data, "exe", "null");
    ck_member(data, "cause", "\"unknown\"");
    stall_text(false);
    ck_lines(data, text.length);
    ck_has("cause: unknown: only 0.0 ms of");
    stall_text(true);
    ck_lines(data, text.length);
    fresh();
    write_process(&text);
    ck_assert(json_valid_line(data, text.length));
    fresh();
    write_summary(&text);
    ck_assert(json_valid_line(data, text.length));
    fresh();
    sw_report_summary_text(&text, &process, &summary);
    ck_lines(data, text.length);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_json");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, json_of_a_stall);
    tcase_add_test(all, json_variants);
    tcase_add_test(all, json_of_a_process);
    tcase_add_test(all, json_of_a_summary);
    tcase_add_test(all, json_at_every_size);
    tcase_add_test(all, main_stack_before_the_others);
    tcase_add_test(all, hostile_names);
    tcase_add_test(all, nothing_known);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
