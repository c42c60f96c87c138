/*
 * src/common/settings.c: defaults, every kind of value at and beyond its limits, and the lines
 * about problems word by word. The table as people see it is in test_settings_help.c.
 */
#include "common/settings.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sw_settings settings;
static char storage[4096];

/* Parses up to three variables on top of the defaults. */
static unsigned parse(const char *first, const char *second, const char *third)
{
    char *environment[4] = {(char *)first, (char *)second, (char *)third, NULL};
    sw_settings_default(&settings);
    return sw_settings_parse(&settings, environment, storage, sizeof storage);
}

static bool accepts(const char *name, const char *value)
{
    sw_settings_default(&settings);
    int result = sw_settings_set(&settings, name, value, "--x");
    ck_assert(result == 0 || result == -EINVAL);
    ck_assert_int_eq(settings.problems.length == 0, result == 0);
    return result == 0;
}

START_TEST(defaults)
{
    char *nothing[] = {(char *)"HOME=/", (char *)"XSTALLWATCH_LOG=1", (char *)"STALLWATCHLOG=1",
                       (char *)"STALLWATCH_LOG", NULL};
    sw_settings_default(&settings);
    ck_assert_uint_eq(sw_settings_parse(&settings, nothing, storage, sizeof storage), 0);
    ck_assert_uint_eq(sw_settings_parse(&settings, NULL, storage, sizeof storage), 0);
    ck_assert_uint_eq(settings.threshold_ns, 100000000);
    ck_assert_str_eq(settings.log, "stderr");
    ck_assert_ptr_null(settings.json);
    ck_assert_ptr_null(settings.suppressions);
    ck_assert_int_eq(settings.exitcode, 0);
    ck_assert_uint_eq(settings.count, 1u << SW_CAUSE_CPU | 1u << SW_CAUSE_BLOCKING_CALL |
                                          1u << SW_CAUSE_NESTED_WAIT | 1u << SW_CAUSE_LOCK |
                                          1u << SW_CAUSE_GIL | 1u << SW_CAUSE_MIXED |
                                          1u << SW_CAUSE_UNKNOWN);
    ck_assert_uint_eq(settings.samples, 8);
    ck_assert_uint_eq(settings.ongoing_ns, 1000000000);
    ck_assert_uint_eq(settings.max_reports, 60);
    ck_assert_int_eq(settings.summary, SW_SUMMARY_AUTO);
    ck_assert_ptr_null(settings.metrics);
    ck_assert_int_eq(settings.annotate, SW_ANNOTATE_NONE);
    ck_assert_str_eq(settings.only, "*");
    ck_assert(settings.follow);
    ck_assert_int_eq(settings.signal, 0);
    ck_assert_ptr_null(settings.helper);
    ck_assert(!settings.verbose);
    ck_assert(!settings.help);
    ck_assert_uint_eq(settings.problems.length, 0);
}
END_TEST

START_TEST(threshold)
{
    static const struct {
        const char *value;
        uint64_t ns; /* 0: refused */
    } cases[] = {{"100", 100000000},
                 {"0.5", 500000},
                 {".5", 500000},
                 {"0.50000", 500000},
                 {"12.345678", 12345678},
                 {"12.3456789999", 12345678},
                 {"3600000", 3600000000000},
                 {"007", 7000000},
                 {"5.", 5000000},
                 {"0.499999", 0},
                 {"0", 0},
                 {"3600000.1", 0},
                 {"3600001", 0},
                 {"99999999999999999999999999", 0},
                 {"18446744073709551716", 0},
                 {"", 0},
                 {".", 0},
                 {"1.2.3", 0},
                 {"nan", 0},
                 {"inf", 0},
                 {"0x10", 0},
                 {"1e3", 0},
                 {"+5", 0},
                 {"-5", 0},
                 {" 5", 0},
                 {"5 ", 0},
                 {"5ms", 0},
                 {"1,5", 0},
                 {"\xd9\xa5", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = accepts("THRESHOLD_MS", cases[i].value);
        ck_assert_msg(good == (cases[i].ns != 0), "\"%s\"", cases[i].value);
        ck_assert_uint_eq(settings.threshold_ns, good ? cases[i].ns : 100000000);
    }
    ck_assert(accepts("ONGOING_MS", "1"));
    ck_assert_uint_eq(settings.ongoing_ns, 1000000);
    ck_assert(!accepts("ONGOING_MS", "0.999"));
    ck_assert(accepts("ONGOING_MS", "3600000"));
    ck_assert(!accepts("ONGOING_MS", "3600000.5"));
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        const char *name, *value;
        bool good;
    } cases[] = {
        {"EXITCODE", "0", true},
        {"EXITCODE", "255", true},
        {"EXITCODE", "256", false},
        {"EXITCODE", "-1", false},
        {"EXITCODE", "1.0", false},
        {"EXITCODE", "", false},
        {"EXITCODE", "4294967297", false},
        {"EXITCODE", "18446744073709551617", false},
        {"SAMPLES", "1", true},
        {"SAMPLES", "64", true},
        {"SAMPLES", "0", false},
        {"SAMPLES", "65", false},
        {"MAX_REPORTS", "0", true},
        {"MAX_REPORTS", "1000000", true},
        {"MAX_REPORTS", "1000001", false},
        {"MAX_REPORTS", "1x", false},
        {"FOLLOW", "0", true},
        {"FOLLOW", "1", true},
        {"FOLLOW", "2", false},
        {"FOLLOW", "01", false},
        {"FOLLOW", "yes", false},
        {"HELP", "true", false},
        {"VERBOSE", "", false},
        {"VERBOSE", "1", true},
        {"SIGNAL", "auto", true},
        {"SIGNAL", "0", false},
        {"SIGNAL", "9", false},
        {"SIGNAL", "", false},
        {"SUMMARY", "always", true},
        {"SUMMARY", "Always", false},
        {"SUMMARY", "", false},
        {"SUMMARY", "auto,always", false},
        {"ANNOTATE", "github", true},
        {"ANNOTATE", "gitlab", false},
        {"ONLY", "a,b*", true},
        {"ONLY", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(accepts(cases[i].name, cases[i].value) == cases[i].good, "%s=\"%s\"",
                      cases[i].name, cases[i].value);
    ck_assert_int_eq(sw_settings_set(&settings, "NOTHING", "1", "--nothing"), -ENOENT);
    ck_assert_int_eq(sw_settings_set(&settings, "", "1", "--"), -ENOENT);
}
END_TEST

START_TEST(values_arrive)
{
    ck_assert(accepts("EXITCODE", "99"));
    ck_assert_int_eq(settings.exitcode, 99);
    ck_assert(accepts("SAMPLES", "64"));
    ck_assert_uint_eq(settings.samples, 64);
    ck_assert(accepts("MAX_REPORTS", "1000000"));
    ck_assert_uint_eq(settings.max_reports, 1000000);
    ck_assert(accepts("SUMMARY", "never"));
    ck_assert_int_eq(settings.summary, SW_SUMMARY_NEVER);
    ck_assert(accepts("SUMMARY", "always"));
    ck_assert_int_eq(settings.summary, SW_SUMMARY_ALWAYS);
    ck_assert(accepts("ANNOTATE", "github"));
    ck_assert_int_eq(settings.annotate, SW_ANNOTATE_GITHUB);
    ck_assert(accepts("FOLLOW", "0"));
    ck_assert(!settings.follow);
    ck_assert(accepts("HELP", "1"));
    ck_assert(settings.help);
}
END_TEST

START_TEST(signals)
{
    char value[16];
    for (int number = SIGRTMIN - 1; number <= SIGRTMAX + 1; number++) {
        bool good = number >= SIGRTMIN && number <= SIGRTMAX;
        snprintf(value, sizeof value, "%d", number);
        ck_assert_int_eq(accepts("SIGNAL", value), good);
        ck_assert_int_eq(settings.signal, good ? number : 0);
    }
}
END_TEST

START_TEST(counts)
{
    ck_assert(accepts("COUNT", "starved"));
    ck_assert_uint_eq(settings.count, 1u << SW_CAUSE_STARVED);
    ck_assert(accepts("COUNT", "startup,pool,cpu,cpu"));
    ck_assert_uint_eq(settings.count, SW_COUNT_STARTUP | SW_COUNT_POOL | 1u << SW_CAUSE_CPU);
    ck_assert(accepts("COUNT", "all"));
    ck_assert_uint_eq(settings.count, 0x3ff | SW_COUNT_STARTUP | SW_COUNT_POOL);
    for (unsigned cause = 0; cause < SW_CAUSES; cause++) {
        ck_assert(accepts("COUNT", sw_settings_cause_name((enum sw_cause)cause)));
        ck_assert_uint_eq(settings.count, 1u << cause);
    }
    ck_assert_str_eq(sw_settings_cause_name((enum sw_cause)99), "unknown");
    ck_assert(!accepts("COUNT", ""));
    ck_assert(!accepts("COUNT", "cpu,"));
    ck_assert(!accepts("COUNT", ",cpu"));
    ck_assert(!accepts("COUNT", "cp"));
    ck_assert(!accepts("COUNT", "cpux"));
    ck_assert(!accepts("COUNT", "CPU"));
}
END_TEST

START_TEST(paths)
{
    ck_assert_uint_eq(parse("STALLWATCH_LOG=", "STALLWATCH_JSON=", "STALLWATCH_HELPER="), 0);
    ck_assert_str_eq(settings.log, "stderr");
    ck_assert_ptr_null(settings.json);
    ck_assert_ptr_null(settings.helper);
    ck_assert_uint_eq(
        parse("STALLWATCH_LOG=none", "STALLWATCH_JSON=none", "STALLWATCH_HELPER=none"), 0);
    ck_assert_str_eq(settings.log, "none");
    ck_assert_ptr_null(settings.json);
    ck_assert_str_eq(settings.helper, "none");
    ck_assert_uint_eq(
        parse("STALLWATCH_METRICS=/m=1", "STALLWATCH_SUPPRESSIONS=a:b", "STALLWATCH_HELPER=auto"),
        0);
    ck_assert_str_eq(settings.metrics, "/m=1");
    ck_assert_str_eq(settings.suppressions, "a:b");
    ck_assert_ptr_null(settings.helper);
}
END_TEST

/* Programs overwrite their environment to set their title. */
START_TEST(values_are_copied)
{
    char variable[] = "STALLWATCH_JSON=/tmp/%p.jsonl", other[] = "STALLWATCH_ONLY=python*";
    ck_assert_uint_eq(parse(variable, other, NULL), 0);
    memset(variable, 'x', sizeof variable - 1);
    memset(other, 'x', sizeof other - 1);
    ck_assert_str_eq(settings.json, "/tmp/%p.jsonl");
    ck_assert_str_eq(settings.only, "python*");
}
END_TEST

START_TEST(storage_is_small)
{
    char *environment[] = {(char *)"STALLWATCH_JSON=12345", (char *)"STALLWATCH_LOG=ab",
                           (char *)"STALLWATCH_METRICS=x", NULL};
    char small[9];
    memset(small, '#', sizeof small);
    sw_settings_default(&settings);
    ck_assert_uint_eq(sw_settings_parse(&settings, environment, small, 8), 1);
    ck_assert_str_eq(settings.json, "12345");
    ck_assert_str_eq(settings.log, "stderr");
    ck_assert_str_eq(settings.metrics, "x");
    ck_assert_int_eq(small[8], '#');
    ck_assert_str_eq(settings.problems.data, "STALLWATCH_LOG=\"ab\" cannot be used: expected "
                                             "something shorter; using stderr\n");
}
END_TEST

START_TEST(lines_of_bad_values)
{
    ck_assert_uint_eq(parse("STALLWATCH_THRESHOLD_MS=abc", "STALLWATCH_TRESHOLD_MS=5", NULL), 2);
    ck_assert_str_eq(settings.problems.data,
                     "STALLWATCH_THRESHOLD_MS=\"abc\" cannot be used: expected a number of "
                     "milliseconds, 0.5 to 3600000; using 100\n"
                     "STALLWATCH_TRESHOLD_MS is not a setting: did you mean "
                     "STALLWATCH_THRESHOLD_MS?\n");
    ck_assert_uint_eq(settings.threshold_ns, 100000000);
    ck_assert_int_eq(sw_settings_set(&settings, "SAMPLES", "many", "--samples"), -EINVAL);
    ck_assert_ptr_nonnull(strstr(settings.problems.data,
                                 "\n--samples=\"many\" cannot be used: expected a whole number, 1 "
                                 "to 64\n"));
    /* the later of two wins, and what is said to be used is used */
    ck_assert_uint_eq(parse("STALLWATCH_SAMPLES=5", "STALLWATCH_SAMPLES=x", NULL), 1);
    ck_assert_uint_eq(settings.samples, 8);
}
END_TEST

START_TEST(hostile_bytes)
{
    ck_assert_uint_eq(
        parse("STALLWATCH_SAMPLES=\x1b[2J\nSTALL\xff", "STALLWATCH_\x1b]0;=\n", "STALLWATCH_="), 3);
    const char *said = settings.problems.data;
    unsigned lines = 0;
    for (; *said != '\0'; said++) {
        ck_assert(*said == '\n' || (*said >= 0x20 && *said < 0x7f));
        lines += *said == '\n';
    }
    ck_assert_uint_eq(lines, 3);
    ck_assert_ptr_nonnull(strstr(settings.problems.data, "\"\\x1b[2J\\x0aSTALL\\xff\""));
}
END_TEST

START_TEST(long_and_many)
{
    static char lengthy[9000];
    static char *many[401];
    memset(lengthy, 'A', sizeof lengthy - 1);
    memcpy(lengthy, "STALLWATCH_", 11);
    lengthy[8000] = '=';
    ck_assert_uint_eq(parse(lengthy, NULL, NULL), 1);
    memcpy(lengthy, "STALLWATCH_SAMPLES=", 19);
    ck_assert_uint_eq(parse(lengthy, NULL, NULL), 1);
    ck_assert_uint_lt(settings.problems.length, 300);
    for (size_t i = 0; i < 400; i++)
        many[i] = (char *)"STALLWATCH_COUNT=nothing";
    sw_settings_default(&settings);
    ck_assert_uint_eq(sw_settings_parse(&settings, many, storage, sizeof storage), 400);
    ck_assert_uint_lt(settings.problems.length, sizeof settings.problem_text);
    ck_assert_int_eq(settings.problem_text[settings.problems.length - 1], '\n');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *all = tcase_create("all");
    tcase_add_test(all, defaults);
    tcase_add_test(all, threshold);
    tcase_add_test(all, numbers);
    tcase_add_test(all, values_arrive);
    tcase_add_test(all, signals);
    tcase_add_test(all, counts);
    tcase_add_test(all, paths);
    tcase_add_test(all, values_are_copied);
    tcase_add_test(all, storage_is_small);
    tcase_add_test(all, lines_of_bad_values);
    tcase_add_test(all, hostile_bytes);
    tcase_add_test(all, long_and_many);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
