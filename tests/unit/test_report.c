/*
 * src/preload/report/, the text: word by word as the contract shows it, and with buffers of every
 * size. The JSON, and hostile names in both, are in test_report_json.c.
 */
#include "preload/report/report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report_example.h"

START_TEST(text_of_the_contract)
{
    ck_assert_str_eq(
        stall_text(false),
        "==4711== stallwatch: event loop stalled for 501.2 ms (threshold 100 ms) in python3 at "
        "2026-11-23T04:10:11.123Z\n"
        "==4711==   cause: blocking-call: clock_nanosleep(500 ms) held the loop for 500.1 ms\n"
        "==4711==   loop:  thread 4711 \"python3\" (main), epoll_wait on fd 4, iteration 1842, 1 "
        "event\n"
        "==4711==   time:  on CPU 1.0 ms, waiting for a CPU 0.1 ms, blocked 500.1 ms\n"
        "==4711==     #0  clock_nanosleep  libc.so.6\n"
        "==4711==     #1  bad              /srv/app/main.py:7\n"
        "==4711==   seen 1 time (signature 5f0c2a9be1d04477)\n");
}
END_TEST

/* node names its main thread so. */
START_TEST(text_of_a_thread_named_main)
{
    process.comm = "node-MainThread";
    process.program = "node";
    ck_assert_ptr_nonnull(strstr(stall_text(false), ") in node at "));
    process.comm = "MainThreads";
    ck_assert_ptr_nonnull(strstr(stall_text(false), ") in MainThreads at "));
}
END_TEST

START_TEST(text_variants)
{
    stall.state = SW_STALL_ONGOING;
    stall.duration_ns = 1000000000;
    stall.main_thread = false;
    stall.fd = -1;
    stall.events = 0;
    stall.occurrence = 2;
    stall.runqueue_known = false;
    stall.label = "GET /\n";
    stall.hint = "do it elsewhere";
    stall.calls[0] = (struct sw_call_total){"read", "/x", 372000000, 900, 0, 0};
    stall.calls[1] = (struct sw_call_total){"fsync", NULL, 12000000, 0, 0, 0};
    stall.call_count = 2;
    stall.cause_ns = 384000000;
    stall.major_faults = 1;
    stall_text(false);
    ck_has("event loop stalled for 1000.0 ms so far (threshold 100 ms)");
    ck_has("cause: blocking-call: read × 900, 372.0 ms of 1000.0 ms; the longest: \"/x\"\n");
    ck_has("thread 4711 \"python3\", epoll_wait, iteration 1842, 0 events\n");
    ck_has("waiting for a CPU not known, blocked 500.1 ms, not watched 498.8 ms, 1 major "
           "fault\n");
    ck_has("==4711==   calls: read × 900 372.0 ms, fsync 12.0 ms\n");
    ck_has("==4711==   label: GET /\\x0a\n");
    ck_has("==4711==   hint:  do it elsewhere\n");
    ck_has("seen 2 times (signature");
    ck_has_not("note:");
}
END_TEST

START_TEST(text_of_each_cause)
{
    static const char *const expected[SW_CAUSES] = {
        "blocking-call: many calls held the loop for 400.0 ms of 501.2 ms\n",
        "cpu: computed for 400.0 ms of 501.2 ms\n",
        "nested-wait: many calls held the loop for 400.0 ms of 501.2 ms\n",
        "lock: waiting for locks held the loop for 400.0 ms of 501.2 ms\n",
        "gil: another thread held Python's lock for 400.0 ms of 501.2 ms\n",
        "starved: waited 400.0 ms for a CPU (of 501.2 ms)\n",
        "paging: waited for memory to be read in for 400.0 ms of 501.2 ms\n",
        "stopped: the whole process stood still for 400.0 ms of 501.2 ms\n",
        "mixed: nothing alone explains most of it\n",
        "unknown: blocked for 500.1 ms of 501.2 ms, in no call that was seen\n"};
    stall.call_named = false;
    stall.cause_ns = 400000000;
    for (unsigned cause = 0; cause < SW_CAUSES; cause++) {
        stall.cause = (enum sw_cause)cause;
        stall_text(false);
        ck_has(expected[cause]);
    }
    stall.call_named = true;
    stall.cause = SW_CAUSE_NESTED_WAIT;
    stall_text(false);
    ck_has("nested-wait: clock_nanosleep(500 ms) inside a callback held the loop for 500.1 ms\n");
}
END_TEST

/* The figures that a cause rests on. */
START_TEST(text_of_figures)
{
    stall.cause = SW_CAUSE_STARVED;
    stall.cause_ns = 180000000;
    stall.figures.throttled_ns = 150000000;
    stall.figures.stolen_ns = 20000000;
    stall_text(false);
    ck_has("cause: starved: waited 180.0 ms for a CPU (of 501.2 ms), cgroup throttled 150.0 ms, "
           "stolen by the hypervisor 20.0 ms\n");
    stall.cause = SW_CAUSE_PAGING;
    stall.major_faults = 312;
    stall_text(false);
    ck_has("paging: 312 major faults, waited for memory to be read in for 180.0 ms of 501.2 ms\n");
    stall.cause = SW_CAUSE_CPU;
    stall.events = 200;
    stall_text(false);
    ck_has("cpu: computed for 180.0 ms of 501.2 ms, handling 200 events\n");
    stall.cause = SW_CAUSE_MIXED;
    stall.figures = (struct sw_stall_figures){
        .cpu_ns = 250000000, .blocking_ns = 200000000, .lock_ns = 1000000, .throttled_ns = 3000000};
    stall.calls[0].total_ns = 200000000;
    stall_text(false);
    ck_has("mixed: computed 250.0 ms, blocking calls 200.0 ms of 501.2 ms, cgroup throttled 3.0 "
           "ms; longest: clock_nanosleep(500 ms) 200.0 ms\n");
}
END_TEST

START_TEST(text_of_many_calls)
{
    stall.calls[0] = (struct sw_call_total){"read", "/x y", 372000000, 900, 350000000, 800};
    stall.cause_ns = 372000000;
    stall_text(false);
    ck_has("cause: blocking-call: read × 900, 372.0 ms of 501.2 ms; most of it: \"/x y\" × 800, "
           "350.0 ms\n");
    stall.calls[0].detail_count = 900;
    stall_text(false);
    ck_has("read × 900, 372.0 ms of 501.2 ms; most of it: \"/x y\"\n");
    stall.calls[0].detail = NULL;
    stall.cause = SW_CAUSE_NESTED_WAIT;
    stall_text(false);
    ck_has("nested-wait: read × 900 inside a callback, 372.0 ms of 501.2 ms\n");
}
END_TEST

START_TEST(text_of_holders)
{
    struct sw_holder holder = {SW_HOLDER_MUTEX, 4713, "wor\nker", NULL, 2, other_frames};
    stall.cause = SW_CAUSE_LOCK;
    stall.holder = &holder;
    stall.deadlock = "deadlock: thread 1 \"a\" waits";
    stall_text(false);
    ck_has("==4711==   deadlock: thread 1 \"a\" waits\n");
    ck_has("==4711==   held by: thread 4713 \"wor\\x0aker\", at:\n"
           "==4711==       #0  read   libc.so.6\n"
           "==4711==       #1  worse  /srv/app/main.py:9\n"
           "==4711==   seen 1 time");
    holder = (struct sw_holder){SW_HOLDER_PROCESS, 99, "sleep", "sleep \x1b[1m 5", 0, NULL};
    stall_text(false);
    ck_has("==4711==   waits for: process 99 \"sleep\": sleep \\x1b[1m 5\n==4711==   seen");
    holder.what = SW_HOLDER_THREAD;
    holder.command = NULL;
    stall_text(false);
    ck_has("==4711==   waits for: thread 99 \"sleep\"\n");
}
END_TEST

/* What the kernel does is told in a line above what the program called. */
START_TEST(text_of_kernel_frames)
{
    static const char *const names[] = {"hrtimer_nanosleep", "common_nsleep", "a", "b"};
    struct sw_frame both[6];
    for (int i = 0; i < 4; i++)
        both[i] = (struct sw_frame){.lang = SW_LANG_KERNEL, .function = names[i]};
    both[4] = frames[0];
    both[5] = frames[1];
    stacks[0].frames = both;
    stacks[0].count = 6;
    stacks[1] = (struct sw_stack){5, 0, 2, both, 2};
    stacks[2] = (struct sw_stack){5, 0, 6, both, 6};
    stall.stack_count = 3;
    stall_text(false);
    ck_has("==4711==     in the kernel: hrtimer_nanosleep ← common_nsleep ← a ← …\n"
           "==4711==     #0  clock_nanosleep  libc.so.6\n"
           "==4711==     #1  bad              /srv/app/main.py:7\n"
           "==4711==     33% of samples: hrtimer_nanosleep (kernel)\n"
           "==4711==     33% of samples: clock_nanosleep libc.so.6 ← bad /srv/app/main.py:7\n");
}
END_TEST

START_TEST(text_of_notes)
{
    stall.counted = false;
    stall.cause = SW_CAUSE_STARVED;
    stall_text(false);
    ck_has("==4711==   note:  not counted: cause starved\n");
    stall.startup = true;
    stall_text(false);
    ck_has("==4711==   note:  not counted: start-up\n");
    stall.state = SW_STALL_EXITING;
    stall_text(false);
    ck_has("==4711==   note:  not counted: the program is exiting");
    stall.suppressed = "function:bad*";
    stall_text(false);
    ck_has("==4711==   note:  not counted: suppressed by function:bad*\n");
    stall_text(true);
    ck_has("; not counted: suppressed by function:bad*\n");
}
END_TEST

START_TEST(text_brief)
{
    stall.occurrence = 7;
    ck_assert_str_eq(stall_text(true),
                     "==4711== stallwatch: event loop stalled for 501.2 ms: blocking-call, "
                     "clock_nanosleep(500 ms); seen 7 times (signature 5f0c2a9be1d04477)\n");
    stall.call_named = false;
    stall.cause = SW_CAUSE_CPU;
    stall_text(true);
    ck_has("501.2 ms: cpu; seen 7 times");
}
END_TEST

START_TEST(text_of_stacks)
{
    frames[1].inlined = true;
    frames[2] = (struct sw_frame){.module = "prog", .offset = 0x77, .has_offset = true};
    frames[3] = (struct sw_frame){.lang = SW_LANG_KERNEL, .function = "do_sys_poll"};
    frames[4] = (struct sw_frame){.lang = SW_LANG_JIT};
    frames[5] = (struct sw_frame){.function = "bär", .file = "a.c"};
    stacks[0].count = 100;
    stall.stack_count = 12;
    stall_text(false);
    ck_has("==4711==   stack: 31% of samples (5 of 16), the first after 25.0 ms\n");
    ck_has("    #0  clock_nanosleep  libc.so.6\n");
    ck_has("    #1  bad (inlined)    /srv/app/main.py:7\n");
    ck_has("    #2  ?                prog+0x77\n");
    ck_has("    #3  do_sys_poll      (kernel)\n");
    ck_has("    #4  ?                (jit)\n");
    ck_has("    #5  bär              a.c\n");
    ck_has("    #10 main             prog\n");
    ck_has("    #39 main             prog\n==4711==     ... and 60 more\n");
    ck_has_not("#40");
    ck_has("==4711==     6% of samples: read libc.so.6 ← worse /srv/app/main.py:9\n");
    ck_has("==4711==     ... and 4 more of the stacks\n");
    stall.stack_count = 1;
    stall_text(false);
    ck_has_not("samples");
    stacks[0].count = 0;
    stall.stack_count = 2;
    stacks[1].count = 0;
    stall_text(false);
    ck_has("17% of samples: ?\n");
    stall.stack_count = 0;
    stall_text(false);
    ck_has_not("#0");
}
END_TEST

START_TEST(text_column_has_a_limit)
{
    static char longer[600];
    memset(longer, 'f', sizeof longer - 1);
    frames[1].function = longer;
    stall_text(false);
    ck_has("    #0  clock_nanosleep                                   libc.so.6\n");
    ck_has("fff… /srv/app/main.py:7\n");
    const char *line = strstr(data, "#1");
    ck_assert_int_lt(strchr(line, '\n') - line, 260);
}
END_TEST

START_TEST(text_at_every_size)
{
    static char small[16384];
    stacks[0].count = 60;
    stall.stack_count = 3;
    stall.hint = "a hint";
    stall_text(false);
    size_t length = text.length;
    ck_assert_uint_lt(length, sizeof small - 2);
    for (size_t size = 1; size < length + 2; size++) {
        memset(small, '#', sizeof small);
        sw_text_init(&text, small, size);
        sw_report_stall_text(&text, &process, &stall, false);
        ck_assert_int_eq(small[size], '#');
        ck_lines(small, text.length);
        if (size > length)
            ck_assert_str_eq(small, data);
        if (size > length / 2) /* only frames are missing */
            ck_assert_ptr_nonnull(strstr(small, "seen 1 time (signature"));
        sw_text_init(&text, small, size);
        sw_report_summary_text(&text, &process, &summary);
        ck_lines(small, text.length);
        sw_text_init(&text, small, size);
        sw_report_message_text(&text, 4711, "one\ntwo\n");
        ck_lines(small, text.length);
        sw_text_init(&text, small, size);
        sw_report_stall_text(&text, &process, &stall, true);
        ck_lines(small, text.length);
    }
}
END_TEST

START_TEST(messages)
{
    fresh();
    sw_report_message_text(&text, 4711, "one \x1b[2J");
    sw_report_message_text(&text, 4711, "two\nthree\n");
    sw_report_message_text(&text, 4711, "");
    sw_report_message_text(&text, 4711, NULL);
    ck_assert_str_eq(data, "==4711== stallwatch: one \\x1b[2J\n==4711== stallwatch: two\n"
                           "==4711== stallwatch: three\n==4711== stallwatch: \n");
}
END_TEST

START_TEST(summary_as_text)
{
    fresh();
    sw_report_summary_text(&text, &process, &summary);
    ck_assert_str_eq(
        data,
        "==4711== stallwatch: summary of python3 after 60.0 s: 12 stalls, 10 counted, 1 "
        "suppressed, 1 note\n"
        "==4711==   not reported in full (STALLWATCH_MAX_REPORTS): 5\n"
        "==4711==   report lines that could not be written: 3\n"
        "==4711==   count      total   longest  cause          call             signature         "
        "where\n"
        "==4711==      10  5012.0 ms  501.2 ms  blocking-call  clock_nanosleep  5f0c2a9be1d04477  "
        "bad /srv/app/main.py:7\n"
        "==4711==       1   150.0 ms  150.0 ms  cpu            -                0000000000000001  "
        "?\n"
        "==4711==   full pool  threads  times      total    longest\n"
        "==4711==   anyio           40      2  1500.0 ms  1000.0 ms\n"
        "==4711==   loop                   wait        iterations   busy    p50     p90      p99   "
        "  p99.9       max\n"
        "==4711==   thread 4711 \"python3\"  epoll_wait        1842  20.0%  80 us  1.2 ms  12.5 ms "
        " 501.2 ms  601.2 ms\n");
    summary = (struct sw_summary){.uptime_ns = 1500000, .loop_count = 40, .loops = loops};
    loops[0].busy_ns = UINT64_MAX / 2;
    loops[0].wait_ns = UINT64_MAX / 2;
    fresh();
    sw_report_summary_text(&text, &process, &summary);
    ck_has("after 1.5 ms: no stalls\n");
    ck_has("50.0%");
    ck_has("==4711==   loops not shown: 8\n");
    ck_has_not("signature");
    summary.loop_count = 0;
    fresh();
    sw_report_summary_text(&text, &process, &summary);
    ck_assert_str_eq(data, "==4711== stallwatch: summary of python3 after 1.5 ms: no stalls\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, text_of_the_contract);
    tcase_add_test(all, text_of_a_thread_named_main);
    tcase_add_test(all, text_variants);
    tcase_add_test(all, text_of_each_cause);
    tcase_add_test(all, text_of_figures);
    tcase_add_test(all, text_of_many_calls);
    tcase_add_test(all, text_of_holders);
    tcase_add_test(all, text_of_kernel_frames);
    tcase_add_test(all, text_of_notes);
    tcase_add_test(all, text_brief);
    tcase_add_test(all, text_of_stacks);
    tcase_add_test(all, text_column_has_a_limit);
    tcase_add_test(all, text_at_every_size);
    tcase_add_test(all, messages);
    tcase_add_test(all, summary_as_text);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
