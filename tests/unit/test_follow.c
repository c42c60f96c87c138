/* src/preload/follow.c: STALLWATCH_FOLLOW=0 takes our entry out of LD_PRELOAD, and nothing else out
 * of anything. */
#include "preload/follow.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* What LD_PRELOAD=`before` becomes; NULL: the variable is gone. */
static const char *after(const char *before)
{
    static char variable[4096];
    char *environment[] = {variable, NULL};
    strcpy(variable, "LD_PRELOAD=");
    strcat(variable, before);
    sw_follow_stop(environment);
    if (environment[0] == NULL)
        return NULL;
    ck_assert_ptr_eq(environment[0], variable);
    ck_assert_int_eq(strncmp(variable, "LD_PRELOAD=", 11), 0);
    return variable + 11;
}

START_TEST(own_entry_goes)
{
    ck_assert_ptr_null(after("/usr/lib/libstallwatch.so"));
    ck_assert_ptr_null(after("libstallwatch.so"));
    ck_assert_ptr_null(after("./build/libstallwatch.so.0"));
    ck_assert_ptr_null(after("/a/libstallwatch.so:/b/libstallwatch.so.0"));
    ck_assert_ptr_null(after(" : /a/libstallwatch.so : "));
}
END_TEST

START_TEST(others_stay_in_order)
{
    ck_assert_str_eq(after("/a/libstallwatch.so:/b/one.so:/c/two.so"), "/b/one.so:/c/two.so");
    ck_assert_str_eq(after("/b/one.so:/a/libstallwatch.so:/c/two.so"), "/b/one.so:/c/two.so");
    ck_assert_str_eq(after("/b/one.so:/c/two.so:/a/libstallwatch.so"), "/b/one.so:/c/two.so");
    ck_assert_str_eq(after("/b/one.so"), "/b/one.so");
}
END_TEST

START_TEST(spaces_separate_too)
{
    ck_assert_str_eq(after("one.so libstallwatch.so two.so"), "one.so:two.so");
    ck_assert_str_eq(after("libstallwatch.so  two.so"), "two.so");
}
END_TEST

START_TEST(names_like_ours_stay)
{
    ck_assert_str_eq(after("/a/libstallwatch.sox"), "/a/libstallwatch.sox");
    ck_assert_str_eq(after("/a/libstallwatch-extra.so"), "/a/libstallwatch-extra.so");
    ck_assert_str_eq(after("/a/mylibstallwatch.so"), "/a/mylibstallwatch.so");
    ck_assert_str_eq(after("/libstallwatch.so/other.so"), "/libstallwatch.so/other.so");
    ck_assert_str_eq(after("libstallwatch.s"), "libstallwatch.s");
}
END_TEST

START_TEST(other_variables_stay)
{
    char path[] = "PATH=/usr/lib/libstallwatch.so", preload[] = "LD_PRELOAD=libstallwatch.so";
    char like[] = "LD_PRELOADX=libstallwatch.so", last[] = "STALLWATCH_LOG=libstallwatch.so";
    char twice[] = "LD_PRELOAD=libstallwatch.so:a.so";
    char *environment[] = {path, preload, like, twice, last, NULL};
    sw_follow_stop(environment);
    ck_assert_str_eq(environment[0], "PATH=/usr/lib/libstallwatch.so");
    ck_assert_str_eq(environment[1], "LD_PRELOADX=libstallwatch.so");
    ck_assert_str_eq(environment[2], "LD_PRELOAD=a.so");
    ck_assert_str_eq(environment[3], "STALLWATCH_LOG=libstallwatch.so");
    ck_assert_ptr_null(environment[4]);
}
END_TEST

START_TEST(nothing_to_do)
{
    char *none[] = {NULL};
    char empty[] = "";
    char *with_empty[] = {empty, NULL};
    sw_follow_stop(none);
    ck_assert_ptr_null(none[0]);
    sw_follow_stop(with_empty);
    ck_assert_ptr_eq(with_empty[0], empty);
    sw_follow_stop(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("follow");
    TCase *all = tcase_create("all");
    tcase_add_test(all, own_entry_goes);
    tcase_add_test(all, others_stay_in_order);
    tcase_add_test(all, spaces_separate_too);
    tcase_add_test(all, names_like_ours_stay);
    tcase_add_test(all, other_variables_stay);
    tcase_add_test(all, nothing_to_do);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
