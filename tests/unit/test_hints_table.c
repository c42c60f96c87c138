/* src/preload/watch/tell/hints_table.c: share/hints.conf and files of the user's: which rule fits
 * which stall. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preload/watch/tell/hints_table.h"

static struct sw_frame frames[4];
static struct sw_stack stack;
static struct sw_stall stall;
static char known[1 << 16], problem_text[4096];
static struct sw_text problems;

static void begin(const char *rules)
{
    sw_text_init(&problems, problem_text, sizeof problem_text);
    snprintf(known, sizeof known, "%s", rules);
    sw_hints_table_clear();
    sw_hints_table_add("rules", known, strlen(known), &problems);
}

static void load_known(void)
{
    FILE *file = fopen("share/hints.conf", "r");
    ck_assert_ptr_nonnull(file);
    size_t length = fread(known, 1, sizeof known - 1, file);
    fclose(file);
    known[length] = '\0';
    sw_text_init(&problems, problem_text, sizeof problem_text);
    sw_hints_table_clear();
    sw_hints_table_add("share/hints.conf", known, length, &problems);
    ck_assert_str_eq(problems.data, "");
}

/* A stall in `call`, made by `function` of `file`, called by the program's handler, above the loop.
 */
static const char *find(enum sw_cause cause, const char *call, const char *function,
                        const char *file)
{
    frames[0] = (struct sw_frame){.function = "read", .module = "libc.so.6"};
    frames[1] = (struct sw_frame){.lang = SW_LANG_PYTHON, .function = function, .file = file};
    frames[2] =
        (struct sw_frame){.lang = SW_LANG_PYTHON, .function = "handler", .file = "/srv/main.py"};
    frames[3] = (struct sw_frame){.lang = SW_LANG_PYTHON,
                                  .function = "BaseEventLoop.run_forever",
                                  .file = "/usr/lib/python3.11/asyncio/base_events.py"};
    stack = (struct sw_stack){.samples = 1, .count = 4, .inner = 3, .frames = frames};
    stall = (struct sw_stall){.cause = cause,
                              .duration_ns = 500000000,
                              .call_named = call != NULL,
                              .call_count = call != NULL,
                              .calls = {{.name = call}},
                              .stack_count = 1,
                              .stacks = &stack};
    return sw_hints_table_find(&stall);
}

START_TEST(what_is_known)
{
    const enum sw_cause blocking = SW_CAUSE_BLOCKING_CALL;
    const char *site = "/venv/lib/python3.11/site-packages/requests/adapters.py";
    load_known();
    ck_assert_str_eq(find(blocking, "clock_nanosleep", "work", "/srv/work.py"),
                     "time.sleep in a coroutine: use await asyncio.sleep()");
    ck_assert_str_eq(find(blocking, "select", "work", "/srv/work.py"),
                     "time.sleep in a coroutine: use await asyncio.sleep()");
    ck_assert_ptr_nonnull(strstr(find(SW_CAUSE_NESTED_WAIT, "poll", "send", site), "httpx"));
    ck_assert_ptr_nonnull(strstr(
        find(SW_CAUSE_NESTED_WAIT, "poll", "run", "/usr/lib/python3.11/subprocess.py"), "_exec"));
    ck_assert_ptr_nonnull(
        strstr(find(SW_CAUSE_GIL, "pthread_cond_timedwait", "f", "/srv/f.py"), "process"));
    ck_assert_ptr_null(find(SW_CAUSE_CPU, NULL, "work", "/srv/work.py"));
}
END_TEST

START_TEST(only_what_the_program_called)
{
    begin("python file=*/asyncio/*.py : the loop's own\npython function=handler : the handler\n"
          "python function=outer : further out\n");
    ck_assert_str_eq(find(SW_CAUSE_CPU, NULL, "work", "/venv/site-packages/w.py"), "the handler");
    /* The program's own function ends the search: what called it is not to blame. */
    ck_assert_ptr_null(find(SW_CAUSE_CPU, NULL, "work", "/srv/work.py"));
}
END_TEST

START_TEST(all_conditions_and_the_language)
{
    begin("js call=read : js\npython call=read cause=cpu : cpu\npython call=r?ad module=libc.* : "
          "ok\n");
    ck_assert_str_eq(find(SW_CAUSE_BLOCKING_CALL, "read", "work", "/srv/work.py"), "ok");
    ck_assert_str_eq(find(SW_CAUSE_CPU, "read", "work", "/srv/work.py"), "cpu");
    frames[1].lang = frames[2].lang = frames[3].lang = SW_LANG_NATIVE;
    ck_assert_ptr_null(sw_hints_table_find(&stall));
}
END_TEST

START_TEST(bad_lines)
{
    begin("# a comment\n\npython call=read\npython : everything\ncobol call=read : no\n"
          "python colour=red : no\npython call= : no\n  python call=write : kept  \n");
    ck_assert_str_eq(find(SW_CAUSE_BLOCKING_CALL, "write", "f", "/srv/f.py"), "kept");
    ck_assert_ptr_null(find(SW_CAUSE_BLOCKING_CALL, "read", "f", "/srv/f.py"));
    for (int line = 3; line <= 7; line++) {
        char place[32];
        snprintf(place, sizeof place, "rules:%d: ", line);
        ck_assert_ptr_nonnull(strstr(problems.data, place));
    }
    ck_assert_ptr_null(strstr(problems.data, "rules:8"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hints table");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, what_is_known);
    tcase_add_test(tests, only_what_the_program_called);
    tcase_add_test(tests, all_conditions_and_the_language);
    tcase_add_test(tests, bad_lines);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
