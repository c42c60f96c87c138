/* src/preload/languages/python_walk.c, over frames that are made up: a chain that leads over what
 * is no frame is called torn, so that a running thread is asked again. */
#include "preload/languages/python_walk.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "preload/stack/memory.h"

enum { CODE = 0, PREVIOUS = 8, POSITION = 56, OWNER = 70, SHIM = 3 };

static struct sw_python python;
static uint64_t state, frame[2][16];
static struct sw_language_stack stack;

static uint64_t at(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static void setup(void)
{
    python.layout = (struct sw_python_layout){.minor = 12,
                                              .frames = SW_PYTHON_SHIMS,
                                              .code = CODE,
                                              .previous = PREVIOUS,
                                              .position = POSITION,
                                              .owner = OWNER};
    python.code_type = at(&python);
    state = at(frame[0]);
    sw_memory_forget();
}

static void walk(void)
{
    sw_python_walk(&python, at(&state), &stack);
}

START_TEST(a_shim_alone_is_whole)
{
    ((uint8_t *)frame[0])[OWNER] = SHIM;
    walk();
    ck_assert(!stack.torn);
    ck_assert(stack.complete);
    ck_assert_uint_eq(stack.count, 0);
}
END_TEST

START_TEST(what_runs_no_code_is_torn)
{
    frame[0][CODE / 8] = at(frame[1]);
    walk();
    ck_assert(stack.torn);
    ck_assert(!stack.complete);
}
END_TEST

START_TEST(what_lies_nowhere_is_torn)
{
    ((uint8_t *)frame[0])[OWNER] = SHIM;
    frame[0][PREVIOUS / 8] = 8;
    walk();
    ck_assert(stack.torn);
    ck_assert(!stack.complete);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("python_walk");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, a_shim_alone_is_whole);
    tcase_add_test(cases, what_runs_no_code_is_torn);
    tcase_add_test(cases, what_lies_nowhere_is_torn);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
