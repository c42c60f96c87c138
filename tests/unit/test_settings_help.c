/*
 * src/common/settings_help.c and the table: that it has the contract's names, that each default is
 * a value that its own parser takes, that the help is whole and aligned, and what mistyped names
 * are taken for.
 */
#include "common/settings.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sw_settings settings;

static const char *nearest(const char *name)
{
    return sw_settings_nearest(name, strlen(name));
}

START_TEST(nearest_names)
{
    struct sw_setting_info info;
    for (unsigned i = 0; sw_settings_info(i, &info); i++)
        ck_assert_str_eq(nearest(info.name), info.name);
    ck_assert_str_eq(nearest("threshold_ms"), "THRESHOLD_MS");
    ck_assert_str_eq(nearest("THRESHOLD"), "THRESHOLD_MS");
    ck_assert_str_eq(nearest("THERSHOLD_MS"), "THRESHOLD_MS");
    ck_assert_str_eq(nearest("EXIT_CODE"), "EXITCODE");
    ck_assert_str_eq(nearest("JSNO"), "JSON");
    ck_assert_str_eq(nearest("HLEPER"), "HELPER");
    ck_assert_str_eq(nearest("SUPRESSION"), "SUPPRESSIONS");
    ck_assert_str_eq(nearest("MAXREPORTS"), "MAX_REPORTS");
    ck_assert_ptr_nonnull(nearest(""));
}
END_TEST

START_TEST(table)
{
    static const char *const contract[] = {
        "THRESHOLD_MS", "LOG",      "JSON",    "SUPPRESSIONS", "EXITCODE",    "COUNT",
        "PARKS",        "HINTS",    "SAMPLES", "ONGOING_MS",   "MAX_REPORTS", "SUMMARY",
        "METRICS",      "ANNOTATE", "ONLY",    "FOLLOW",       "SIGNAL",      "HELPER",
        "DEBUGINFOD",   "VERBOSE",  "HELP"};
    struct sw_setting_info info;
    unsigned count = 0;
    sw_settings_default(&settings);
    for (; sw_settings_info(count, &info); count++) {
        ck_assert_uint_lt(count, sizeof contract / sizeof contract[0]);
        ck_assert_str_eq(info.name, contract[count]);
        ck_assert_uint_lt(strlen(info.name), 40);
        ck_assert_msg(sw_settings_set(&settings, info.name, info.default_text, "--x") == 0,
                      "%s does not take its own default", info.name);
        ck_assert_uint_gt(strlen(info.expected), 0);
        ck_assert_uint_gt(strlen(info.meaning), 0);
    }
    ck_assert_uint_eq(count, sizeof contract / sizeof contract[0]);
    ck_assert(!sw_settings_info(~0u, &info));
}
END_TEST

START_TEST(help)
{
    static char data[8192];
    struct sw_text text;
    struct sw_setting_info info;
    char wanted[64];
    sw_text_init(&text, data, sizeof data);
    sw_settings_help(&text);
    ck_assert(!text.truncated);
    for (unsigned i = 0; sw_settings_info(i, &info); i++) {
        snprintf(wanted, sizeof wanted, "STALLWATCH_%s ", info.name);
        ck_assert_ptr_nonnull(strstr(data, wanted));
    }
    for (const char *line = data; *line != '\0';) {
        const char *end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        ck_assert_int_le(end - line, 100);
        ck_assert_int_gt(end - line, 0);
        ck_assert_int_ne(end[-1], ' ');
        line = end + 1;
    }
    for (size_t size = 1; size < 3000; size += 7) {
        sw_text_init(&text, data, size);
        sw_settings_help(&text);
        ck_assert(text.truncated);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings_help");
    TCase *all = tcase_create("all");
    tcase_add_test(all, nearest_names);
    tcase_add_test(all, table);
    tcase_add_test(all, help);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
