/* src/common/glob.c: each construct, what is no construct, lists, and that no pattern takes for
 * ever. */
#include "common/glob.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct glob_case {
    const char *pattern, *string;
    bool matches;
};

START_TEST(single)
{
    static const struct glob_case cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b", true},
        {"**", "x", true},
        {"a*", "a", true},
        {"*b", "ab", true},
        {"*b", "ba", false},
        {"a*c*e", "abcde", true},
        {"a*c*e", "abcd", false},
        {"*aab", "aaaab", true},
        {"?", "", false},
        {"?", "a", true},
        {"a?c", "abc", true},
        {"[a-c]x", "bx", true},
        {"[a-c]x", "dx", false},
        {"[!a-c]x", "dx", true},
        {"[!a-c]x", "ax", false},
        {"[^a]", "b", true},
        {"[]]", "]", true},
        {"[!]]", "]", false},
        {"[a-]", "-", true},
        {"[-a]", "-", true},
        {"[\\]]", "]", true},
        {"[z-a]", "m", false},
        {"[abc", "[abc", true},
        {"[abc", "a", false},
        {"[", "[", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"\\?x", "?x", true},
        {"a\\", "a\\", true},
        {"[\x80-\xff]", "\xe9", true},
        {"std::*<*>", "std::vector<int>", true},
        {"*.py", "/srv/app/main.py", true},
        {"[*]", "*", true},
        {"[*]", "a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(sw_glob_match(cases[i].pattern, cases[i].string) == cases[i].matches,
                      "'%s' and '%s'", cases[i].pattern, cases[i].string);
}
END_TEST

START_TEST(list)
{
    static const struct glob_case cases[] = {
        {"*", "x", true},         {"", "x", false},
        {"", "", false},          {"a,b", "b", true},
        {"a,b", "c", false},      {"a,b", "a,b", false},
        {"a\\,b,c", "a,b", true}, {"python*,node", "python3", true},
        {",,a", "a", true},       {"a,", "", false},
        {"a,[x\\,]", ",", true},  {"abc", "ab", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(sw_glob_match_list(cases[i].pattern, cases[i].string) == cases[i].matches,
                      "'%s' and '%s'", cases[i].pattern, cases[i].string);
}
END_TEST

/* Takes exponential time with a matcher that goes back to every star. */
START_TEST(many_stars)
{
    char pattern[402], string[4001];
    for (size_t i = 0; i < 200; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    memcpy(pattern + 400, "b", 2);
    memset(string, 'a', 4000);
    string[4000] = '\0';
    clock_t start = clock();
    ck_assert(!sw_glob_match(pattern, string));
    ck_assert_int_lt(clock() - start, CLOCKS_PER_SEC);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("glob");
    TCase *all = tcase_create("all");
    tcase_add_test(all, single);
    tcase_add_test(all, list);
    tcase_add_test(all, many_stars);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
