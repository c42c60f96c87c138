/* src/common/pattern.c: each code, codes that are none, values that would lead elsewhere, and too
 * small a buffer. */
#include "common/pattern.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char data[256];
static struct sw_text text;
static const struct sw_pattern_values values = {4711, "python3", 1795407011, "web-1"};

static const char *expand(const char *pattern, const struct sw_pattern_values *with)
{
    sw_text_init(&text, data, sizeof data);
    ck_assert_int_eq(sw_pattern_expand(&text, pattern, with), 0);
    return data;
}

START_TEST(codes)
{
    ck_assert_str_eq(expand("/var/log/%e.%p.%t.%h.log", &values),
                     "/var/log/python3.4711.1795407011.web-1.log");
    ck_assert_str_eq(expand("100%%", &values), "100%");
    ck_assert_str_eq(expand("%%p", &values), "%p");
    ck_assert_str_eq(expand("%%%p", &values), "%4711");
    ck_assert_str_eq(expand("", &values), "");
}
END_TEST

START_TEST(no_codes)
{
    ck_assert_str_eq(expand("%x %P %", &values), "%x %P %");
    ck_assert_str_eq(expand("%n%s%", &values), "%n%s%");
    ck_assert_str_eq(expand("a%", &values), "a%");
}
END_TEST

START_TEST(hostile_values)
{
    static const struct sw_pattern_values hostile = {1, "../../etc/x\n\x7f", 0, NULL};
    static const struct sw_pattern_values with_codes = {1, "%p%h", 0, "h"};
    ck_assert_str_eq(expand("%e-%h", &hostile), ".._.._etc_x__-");
    ck_assert_str_eq(expand("%e", &with_codes), "%p%h"); /* not expanded a second time */
}
END_TEST

START_TEST(too_long)
{
    const char *pattern = "/tmp/%e.%p";
    size_t length = strlen("/tmp/python3.4711");
    for (size_t size = 1; size <= length + 2; size++) {
        sw_text_init(&text, data, size);
        int result = sw_pattern_expand(&text, pattern, &values);
        ck_assert_int_eq(result, size <= length ? -ENAMETOOLONG : 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pattern");
    TCase *all = tcase_create("all");
    tcase_add_test(all, codes);
    tcase_add_test(all, no_codes);
    tcase_add_test(all, hostile_values);
    tcase_add_test(all, too_long);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
