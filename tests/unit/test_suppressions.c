/* src/common/suppressions.c: what is a rule, what is none and is said, and what matches. */
#include "common/suppressions.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct sw_arena arena;
static struct sw_suppressions rules;
static char problem_text[2048];
static struct sw_text problems;

static int parse(const char *text)
{
    sw_arena_init(&arena, 1u << 20);
    sw_suppressions_start(&rules, &arena);
    sw_text_init(&problems, problem_text, sizeof problem_text);
    return sw_suppressions_parse(&rules, "f.supp", text, strlen(text), &problems);
}

START_TEST(rules_and_comments)
{
    ck_assert_int_eq(
        parse("\xef\xbb\xbf# c\n\nfunction:a b*  # c\r\n\tcall:read max_ms=20\ncall:x"), 0);
    ck_assert_uint_eq(rules.count, 3);
    ck_assert_str_eq(rules.first->glob, "a b*");
    ck_assert_uint_eq(rules.first->line, 3);
    ck_assert_str_eq(rules.first->next->glob, "read");
    ck_assert_uint_eq(rules.first->next->max_ns, 20000000);
    ck_assert_str_eq(rules.first->next->text, "call:read max_ms=20");
    /* C++ has such names. */
    ck_assert_int_eq(parse("function:main::{lambda()#1}::operator()(int) const"), 0);
    ck_assert_str_eq(rules.first->glob, "main::{lambda()#1}::operator()(int) const");
}
END_TEST

START_TEST(bad_lines)
{
    static const char *const bad[] = {"nothing",
                                      "colour:red",
                                      "function:",
                                      "function: # x",
                                      "call:x max_ms=",
                                      "call:x max_ms=1.5",
                                      "call:x max_ms=0",
                                      "cause:nonsense",
                                      ":x",
                                      "call:x max_ms=99999999999999999999",
                                      "FUNCTION:x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(parse(bad[i]) == 1, "%s", bad[i]);
        ck_assert_uint_eq(rules.count, 0);
        ck_assert_ptr_eq(strstr(problem_text, "f.supp:1: \""), problem_text);
        ck_assert_ptr_nonnull(strstr(problem_text, "expected KIND:GLOB"));
    }
    ck_assert_int_eq(parse("bad\ncall:x\n\x1b[0m\n"), 2);
    ck_assert_uint_eq(rules.count, 1);
    ck_assert_ptr_nonnull(strstr(problem_text, "\nf.supp:3: \"\\x1b[0m\""));
}
END_TEST

static const struct sw_suppress_frame frames[] = {
    {"sleep", NULL, "libc.so.6"}, {"ask<a b>", "/srv/ask.c", "app"}, {NULL, NULL, NULL}};

static bool frame_at(const void *context, size_t index, struct sw_suppress_frame *frame)
{
    (void)context;
    if (index >= 3)
        return false;
    *frame = frames[index];
    return true;
}

static bool matches(const char *rule)
{
    struct sw_suppress_facts facts = {.call = NULL,
                                      .cause = "cpu",
                                      .thread = "worker",
                                      .signature = 0xab,
                                      .duration_ns = 20000001,
                                      .frame_at = frame_at};
    ck_assert_msg(parse(rule) == 0, "%s", rule);
    struct sw_suppression *found = sw_suppressions_match(&rules, &facts);
    ck_assert_uint_eq(rules.first->matched, found == rules.first);
    return found != NULL;
}

START_TEST(matching)
{
    static const char *const yes[] = {"function:sleep",
                                      "function:ask<a b>",
                                      "function:*",
                                      "file:ask.c",
                                      "file:/srv/*",
                                      "module:libc.so*",
                                      "cause:cpu",
                                      "cause:*",
                                      "thread:work*",
                                      "signature:00000000000000ab",
                                      "function:sleep max_ms=21"};
    static const char *const no[] = {
        "function:slee", "file:srv/ask.c",           "file:/srv",     "call:*",    "thread:Worker",
        "signature:ab",  "function:sleep max_ms=20", "module:app.so", "cause:lock"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        ck_assert_msg(matches(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        ck_assert_msg(!matches(no[i]), "%s", no[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suppressions");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, rules_and_comments);
    tcase_add_test(tests, bad_lines);
    tcase_add_test(tests, matching);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
