/* src/common/annotation.c: what GitHub's runner makes of the line is one annotation, whatever the
 * names have in them; and where it is put. */
#include "common/annotation.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char data[8192];
static struct sw_text text;

static const char *written(const struct sw_annotation *annotation, const char *checkout)
{
    sw_text_init(&text, data, sizeof data);
    sw_annotation_write(&text, annotation, checkout);
    return data;
}

START_TEST(is_escaped)
{
    struct sw_annotation annotation = {true, "/src/a,b:c%.c", 7, "50%, so: far",
                                       "x: 1,2%\r\n::error"};
    ck_assert_str_eq(written(&annotation, NULL),
                     "::error file=/src/a%2Cb%3Ac%25.c,line=7,title=50%25%2C "
                     "so%3A far::x: 1,2%25%0D%0A::error\n");
    annotation = (struct sw_annotation){false, "a\n\x1b\xff", 0, "t", ""};
    ck_assert_str_eq(written(&annotation, NULL), "::notice file=a\\x0a\\x1b\\xff,title=t::\n");
    annotation = (struct sw_annotation){false, NULL, 7, "t", "m"};
    ck_assert_str_eq(written(&annotation, "/"), "::notice title=t::m\n");
}
END_TEST

START_TEST(files_are_the_checkouts)
{
    struct sw_annotation annotation = {true, "/w/app/src/a.c", 1, "t", "m"};
    const char *inside = "::error file=src/a.c,line=1,title=t::m\n";
    const char *outside = "::error file=/w/app/src/a.c,line=1,title=t::m\n";
    ck_assert_str_eq(written(&annotation, "/w/app"), inside);
    ck_assert_str_eq(written(&annotation, "/w/app//"), inside);
    ck_assert_str_eq(written(&annotation, "/w/ap"), outside);
    ck_assert_str_eq(written(&annotation, "/w/app/src/a.c"), outside);
    ck_assert_str_eq(written(&annotation, ""), outside);
    ck_assert_str_eq(written(&annotation, "/"), outside);
    ck_assert_str_eq(written(&annotation, NULL), outside);
}
END_TEST

START_TEST(the_users_own_files_rank_highest)
{
    static const struct {
        const char *file;
        unsigned rank;
    } cases[] = {
        {NULL, 0},
        {"/w/app/main.py", 3},
        {"/w/other/main.py", 2},
        {"/w/application/main.py", 2},
        {"/usr/lib/python3.11/selectors.py", 1},
        {"/usr/local/lib/python3.12/asyncio/base_events.py", 1},
        {"/w/app/.venv/lib/python3.11/site-packages/uvicorn/server.py", 1},
        {"/w/app/node_modules/express/lib/router.js", 1},
        {"node:internal/timers", 1},
        {"<frozen importlib._bootstrap>", 1},
        {"../sysdeps/nptl/libc_start_call_main.h", 1},
        {"./nptl/pthread_create.c", 1},
        {"/root/.cargo/registry/src/x/tokio/src/lib.rs", 1},
        {"/rustc/abc/library/std/src/thread.rs", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(sw_annotation_rank(cases[i].file, "/w/app") == cases[i].rank, "%s",
                      cases[i].file);
    ck_assert_uint_eq(sw_annotation_rank("/w/app/main.py", NULL), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("annotation");
    TCase *all = tcase_create("all");
    tcase_add_test(all, is_escaped);
    tcase_add_test(all, files_are_the_checkouts);
    tcase_add_test(all, the_users_own_files_rank_highest);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
