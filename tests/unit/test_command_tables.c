/* src/command/strings.c and lines.c: a table that grows and shrinks, strings that are there once,
 * and lines of any length. */
#include "command/lines.h"
#include "command/strings.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool same(const void *value, const void *key)
{
    return *(const int *)value == *(const int *)key;
}

START_TEST(a_table)
{
    static int numbers[2000];
    struct sw_table table = {NULL, 0, 0};
    /* Hashes that collide on purpose, in every size of the table. */
    for (int i = 0; i < 2000; i++) {
        numbers[i] = i;
        sw_table_add(&table, (uint64_t)(i % 97), &numbers[i]);
    }
    for (int i = 0; i < 2000; i += 3)
        sw_table_remove(&table, (uint64_t)(i % 97), &numbers[i]);
    sw_table_remove(&table, 5, &table); /* what is not there */
    for (int i = 0; i < 2000; i++) {
        int *found = sw_table_find(&table, (uint64_t)(i % 97), same, &i);
        ck_assert_ptr_eq(found, i % 3 == 0 ? NULL : &numbers[i]);
    }
    ck_assert_uint_eq(table.used, 2000 - 667);
    free(table.entries);
}
END_TEST

START_TEST(strings)
{
    char name[16], *long_name = malloc(SW_STRING_MOST + 100);
    const char *kept[500];
    for (int i = 0; i < 500; i++) {
        sprintf(name, "name %d", i);
        kept[i] = sw_string(name);
        ck_assert_str_eq(kept[i], name);
    }
    for (int i = 0; i < 500; i++) {
        sprintf(name, "name %d", i);
        ck_assert_ptr_eq(sw_string(name), kept[i]);
    }
    ck_assert_ptr_null(sw_string(NULL));
    ck_assert_str_eq(sw_string(""), "");
    memset(long_name, 'x', SW_STRING_MOST + 99);
    memcpy(long_name + SW_STRING_MOST - 1, "\xc3\xa4", 2); /* the cut would be within it */
    long_name[SW_STRING_MOST + 99] = '\0';
    ck_assert_uint_eq(strlen(sw_string(long_name)), SW_STRING_MOST - 1);
    free(long_name);
}
END_TEST

static void expect(struct sw_lines *lines, enum sw_lines_kind kind, size_t length, bool whole)
{
    char *line;
    size_t found;
    bool is_whole;
    ck_assert_int_eq(sw_lines_next(lines, &line, &found, &is_whole), kind);
    if (kind != SW_LINES_LINE)
        return;
    ck_assert_uint_eq(found, length);
    ck_assert_int_eq(is_whole, whole);
}

static void write_many(FILE *file, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fputc('x', file);
}

START_TEST(lines_of_any_length)
{
    FILE *file = tmpfile();
    struct sw_lines lines;
    fputs("abc\n\n", file);
    write_many(file, 300000);
    fputs("\nlast but two\n", file);
    write_many(file, SW_LINE_MOST + 5000000);
    fputs("\nlast but one\nlast", file);
    fflush(file);
    lseek(fileno(file), 0, SEEK_SET);
    sw_lines_start(&lines, fileno(file));
    expect(&lines, SW_LINES_LINE, 3, true);
    expect(&lines, SW_LINES_LINE, 0, true);
    expect(&lines, SW_LINES_LINE, 300000, true);
    expect(&lines, SW_LINES_LINE, 12, true);
    expect(&lines, SW_LINES_TOO_LONG, 0, false);
    ck_assert_uint_eq(lines.number, 5);
    ck_assert_uint_le(lines.size, SW_LINE_MOST);
    expect(&lines, SW_LINES_LINE, 12, true);
    expect(&lines, SW_LINES_LINE, 4, false);
    expect(&lines, SW_LINES_END, 0, false);
    expect(&lines, SW_LINES_END, 0, false);
    ck_assert_int_eq(lines.error, 0);
    sw_lines_end(&lines);
    fclose(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command tables");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, a_table);
    tcase_add_test(tests, strings);
    tcase_add_test(tests, lines_of_any_length);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
