/*
 * Lines of CPython's code objects by its three formats of table: each table below is that of a
 * function which CPython compiled, with the lines that its dis module gives; and tables of garbage.
 */
#include <check.h>
#include <stdlib.h>

#include "preload/languages/python_lines.h"

/*
 *     10 def f(x):
 *     11     a = 1
 *     12
 *     13     for i in x:
 *     14         a += (
 *     15             i)
 *     16     return a
 */
static const uint8_t lnotab_3_8[] = {0, 1, 4, 2, 8, 1, 2, 1, 2, 255, 6, 2};
static const uint8_t ranges_3_10[] = {4, 1, 8, 2, 2, 1, 2, 1, 6, 255, 4, 2};
static const uint8_t locations_3_12[] = {
    128, 0,  216, 8, 9, 128, 65, 224, 13, 14,  242, 0, 2, 5,  15,  136, 1, 216, 8,  9,   216,
    12,  13, 241, 3, 1, 9,   15, 137, 1,  240, 3,   2, 5, 15, 240, 6,   0, 12,  13, 128, 72};

START_TEST(by_lnotab)
{
    static const uint32_t lines[] = {11, 11, 13, 13, 13, 13, 14, 15, 14, 14, 14, 16, 16};
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_uint_eq(
            sw_python_line(SW_PYTHON_LNOTAB, lnotab_3_8, sizeof lnotab_3_8, 10, 2 * i), lines[i]);
}
END_TEST

START_TEST(by_ranges)
{
    static const uint32_t lines[] = {11, 11, 13, 13, 13, 13, 14, 15, 14, 14, 14, 16, 16};
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_uint_eq(
            sw_python_line(SW_PYTHON_RANGES, ranges_3_10, sizeof ranges_3_10, 10, 2 * i), lines[i]);
}
END_TEST

START_TEST(by_locations)
{
    /* Instructions, from the first on, caches included. */
    static const uint32_t lines[] = {10, 11, 11, 13, 13, 13, 13, 13, 14,
                                     15, 14, 14, 14, 14, 13, 16, 16};
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_uint_eq(
            sw_python_line(SW_PYTHON_LOCATIONS, locations_3_12, sizeof locations_3_12, 10, 2 * i),
            lines[i]);
}
END_TEST

START_TEST(before_the_first_and_behind_the_last)
{
    for (int format = SW_PYTHON_LNOTAB; format <= SW_PYTHON_LOCATIONS; format++) {
        ck_assert_uint_eq(sw_python_line(format, lnotab_3_8, sizeof lnotab_3_8, 10, -2), 10);
        ck_assert_uint_le(sw_python_line(format, lnotab_3_8, 0, 10, 4), 10);
    }
    ck_assert_uint_eq(sw_python_line(SW_PYTHON_RANGES, ranges_3_10, sizeof ranges_3_10, 10, 4000),
                      0);
    ck_assert_uint_eq(
        sw_python_line(SW_PYTHON_LOCATIONS, locations_3_12, sizeof locations_3_12, 10, 4000), 0);
}
END_TEST

START_TEST(garbage)
{
    uint8_t table[64];
    srandom(1);
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)random() % sizeof table;
        /* On the heap, so that a byte too far is found by the sanitizers. */
        uint8_t *copy = malloc(size + 1);
        for (size_t i = 0; i < size; i++)
            copy[i] = (uint8_t)random();
        for (int format = SW_PYTHON_LNOTAB; format <= SW_PYTHON_LOCATIONS; format++)
            sw_python_line(format, copy, size, (uint32_t)random(), random() % 2000 - 10);
        free(copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("python lines");
    TCase *tests = tcase_create("all");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, by_lnotab);
    tcase_add_test(tests, by_ranges);
    tcase_add_test(tests, by_locations);
    tcase_add_test(tests, before_the_first_and_behind_the_last);
    tcase_add_test(tests, garbage);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
