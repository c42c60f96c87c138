/* src/preload/report/report_metrics.c: what Prometheus' own parser cannot see, names and figures
 * (that it takes the text is tested in tests/run/test_metrics.py). */
#include "preload/report/report_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "report_example.h"

static struct sw_metrics metrics;
static struct sw_metrics_loop metrics_loops[2];

static void begin(void)
{
    setup();
    memset(&metrics, 0, sizeof metrics);
    memset(metrics_loops, 0, sizeof metrics_loops);
    metrics_loops[0] = (struct sw_metrics_loop){.number = 1,
                                                .thread = "python3",
                                                .wait = "epoll_wait",
                                                .buckets = {5, 0, 2, [9] = 1, [17] = 1},
                                                .busy_ns = UINT64_C(41000001999),
                                                .wait_ns = 999,
                                                .stalled_ns = 1500000000};
    metrics_loops[1] = (struct sw_metrics_loop){.number = 2, .thread = "w", .wait = "poll"};
    metrics.loops = metrics_loops;
    metrics.loop_count = 2;
}

static void write_it(void)
{
    fresh();
    sw_report_metrics(&text, &process, &metrics);
}

START_TEST(buckets_add_up)
{
    write_it();
    ck_has(
        "_bucket{pid=\"4711\",comm=\"python3\",loop=\"1\",thread=\"python3\",wait=\"epoll_wait\","
        "le=\"0.0001\"} 5\n");
    ck_has("le=\"0.00025\"} 5\n");
    ck_has("le=\"0.0005\"} 7\n");
    ck_has("le=\"0.05\"} 7\n");
    ck_has("le=\"0.1\"} 8\n");
    ck_has("le=\"30\"} 8\n");
    ck_has("le=\"+Inf\"} 9\n");
    ck_has("_sum{pid=\"4711\",comm=\"python3\",loop=\"1\",thread=\"python3\",wait=\"epoll_wait\"} "
           "41.000001\n");
    ck_has(
        "_count{pid=\"4711\",comm=\"python3\",loop=\"1\",thread=\"python3\",wait=\"epoll_wait\"} "
        "9\n");
    ck_has("stallwatch_loop_wait_seconds_total{pid=\"4711\",comm=\"python3\",loop=\"1\","
           "thread=\"python3\",wait=\"epoll_wait\"} 0.000000\n");
    ck_has("stallwatch_loop_stalled_seconds{pid=\"4711\",comm=\"python3\",loop=\"1\","
           "thread=\"python3\",wait=\"epoll_wait\"} 1.500000\n");
}
END_TEST

/* The bounds as written are the bounds that were counted by. */
START_TEST(bounds_are_what_they_say)
{
    write_it();
    const char *at = data;
    for (unsigned i = 0; i < SW_METRICS_BUCKETS; i++) {
        at = strstr(at, "le=\"");
        ck_assert_ptr_nonnull(at);
        double ns = strtod(at + 4, NULL) * 1e9;
        ck_assert_double_eq_tol(ns, (double)sw_metrics_bounds_ns[i], 0.5);
        at += 4;
    }
    ck_assert_int_eq(strncmp(strstr(at, "le=\""), "le=\"+Inf\"", 9), 0);
}
END_TEST

START_TEST(every_cause_from_the_beginning)
{
    metrics.stalls[SW_CAUSE_CPU][1] = 3;
    metrics.stall_ns[SW_CAUSE_CPU] = 1234567890;
    write_it();
    for (unsigned cause = 0; cause < SW_CAUSES; cause++) {
        char line[256];
        const char *name = sw_settings_cause_name((enum sw_cause)cause);
        snprintf(line, sizeof line,
                 "stallwatch_stalls_total{pid=\"4711\",comm=\"python3\",cause=\"%s\",counted="
                 "\"true\"} %d\n",
                 name, cause == SW_CAUSE_CPU ? 3 : 0);
        ck_has(line);
        snprintf(line, sizeof line,
                 "stallwatch_stalls_total{pid=\"4711\",comm=\"python3\",cause=\"%s\",counted="
                 "\"false\"} 0\n",
                 name);
        ck_has(line);
    }
    ck_has("cause=\"cpu\"} 1.234567\n");
}
END_TEST

static unsigned times(const char *part)
{
    unsigned count = 0;
    for (const char *at = data; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

START_TEST(a_family_is_described_once)
{
    write_it();
    ck_assert_uint_eq(times("# TYPE stallwatch_loop_iteration_seconds histogram\n"), 1);
    ck_assert_uint_eq(times("# HELP "), times("# TYPE "));
    for (const char *at = data; (at = strstr(at, "# TYPE ")) != NULL; at++) {
        char line[128];
        snprintf(line, sizeof line, "%.*s ", (int)(strcspn(at + 7, " ") + 7), at);
        ck_assert_uint_eq(times(line), 1);
    }
    metrics.loop_count = 0;
    write_it();
    ck_has_not("stallwatch_loop_");
}
END_TEST

START_TEST(names_are_hostile)
{
    process.comm = "a\"b\\c\nd\xff";
    process.exe = "/x\",injected=\"1\"} 7\n";
    metrics_loops[0].thread = "\x1b[31m";
    write_it();
    ck_has("comm=\"a\\\"b\\\\c\\\\x0ad\\\\xff\"");
    ck_has("exe=\"/x\\\",injected=\\\"1\\\"} 7\\\\x0a\"} 1\n");
    ck_has("thread=\"\\\\x1b[31m\"");
    for (const char *at = data; *at != '\0'; at++)
        ck_assert((unsigned char)*at >= 0x20 || *at == '\n');
}
END_TEST

START_TEST(too_little_room)
{
    sw_text_init(&text, data, 2000);
    sw_report_metrics(&text, &process, &metrics);
    ck_assert(text.truncated);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_metrics");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin, NULL);
    tcase_add_test(all, buckets_add_up);
    tcase_add_test(all, bounds_are_what_they_say);
    tcase_add_test(all, every_cause_from_the_beginning);
    tcase_add_test(all, a_family_is_described_once);
    tcase_add_test(all, names_are_hostile);
    tcase_add_test(all, too_little_room);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
