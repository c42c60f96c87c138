/*
 * src/common/json.c: commas and brackets, numbers, and strings of any bytes whatever; all of it
 * read back by the strict reader of json_valid.h, which has a test of its own here.
 */
#include "common/json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "json_valid.h"

static char data[4096];
static struct sw_text text;
static struct sw_json json;

static void fresh(size_t size)
{
    sw_text_init(&text, data, size);
    sw_json_init(&json, &text);
}

START_TEST(reader_is_strict)
{
    static const char *const good[] = {"{}",
                                       "[]",
                                       "null",
                                       "-0.5e+3",
                                       "\"\\u00e9\\n\"",
                                       "{\"a\":[1,2,{\"b\":null}]}",
                                       "\"ï\"",
                                       "[true,false]",
                                       "0",
                                       "\"\\\\\\\"\""};
    static const char *const bad[] = {"",
                                      "{",
                                      "{\"a\"}",
                                      "{\"a\":1,}",
                                      "[1,]",
                                      "01",
                                      "1.",
                                      ".5",
                                      "nan",
                                      "\"a",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\x01\"",
                                      "\"\xff\"",
                                      "\"\xc0\xaf\"",
                                      "{}{}",
                                      "[1 2]",
                                      "{1:2}",
                                      "\"\xed\xa0\x80\"",
                                      "-",
                                      "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(json_valid(good[i], strlen(good[i])), "refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!json_valid(bad[i], strlen(bad[i])), "accepted: %s", bad[i]);
    ck_assert(json_valid_line("{\"a\":1}\n", 8));
    ck_assert(!json_valid_line("{\"a\":1}", 7));
    ck_assert(!json_valid_line("{}\n{}\n", 6));
    ck_assert(json_member_is("{\"a\":{\"c\":1},\"b\":[2]}", "b", "[2]"));
    ck_assert(json_member("{\"a\":{\"c\":1}}", "c") == NULL);
}
END_TEST

static void write_everything(void)
{
    sw_json_object_begin(&json, NULL);
    sw_json_string(&json, "string", "a\"b\\c\n\t\x01");
    sw_json_string(&json, "null string", NULL);
    sw_json_array_begin(&json, "array");
    sw_json_unsigned(&json, NULL, UINT64_MAX);
    sw_json_signed(&json, NULL, INT64_MIN);
    sw_json_array_begin(&json, NULL);
    sw_json_array_end(&json);
    sw_json_object_begin(&json, NULL);
    sw_json_object_end(&json);
    sw_json_null(&json, NULL);
    sw_json_array_end(&json);
    sw_json_bool(&json, "yes", true);
    sw_json_bool(&json, "no", false);
    sw_json_ms(&json, "ms", 501234567);
    sw_json_us(&json, "us", 12350);
    sw_json_time(&json, "time", 0);
    sw_json_object_end(&json);
}

START_TEST(structure)
{
    fresh(sizeof data);
    write_everything();
    ck_assert_str_eq(data, "{\"string\":\"a\\\"b\\\\c\\n\\t\\u0001\",\"null string\":null,"
                           "\"array\":[18446744073709551615,-9223372036854775808,[],{},null],"
                           "\"yes\":true,\"no\":false,\"ms\":501.235,\"us\":12.4,"
                           "\"time\":\"1970-01-01T00:00:00.000Z\"}");
    ck_assert(json_valid(data, text.length));
}
END_TEST

/* No size gives a text that reads as whole JSON but is not: below the last byte it is truncated and
 * says so. */
START_TEST(truncation)
{
    fresh(sizeof data);
    write_everything();
    size_t length = text.length;
    for (size_t size = 1; size <= length + 1; size++) {
        fresh(size);
        write_everything();
        ck_assert_int_eq(text.truncated, size <= length);
        ck_assert_int_eq(json_valid(data, text.length), size > length);
    }
}
END_TEST

START_TEST(every_byte_and_pair)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            char pair[2] = {(char)first, (char)second};
            fresh(sizeof data);
            sw_json_string_bytes(&json, NULL, pair, 2);
            ck_assert_msg(json_valid(data, text.length), "bytes %02x %02x", first, second);
            ck_assert(memchr(data, 0x7f, text.length) == NULL);
        }
    }
}
END_TEST

START_TEST(random_bytes)
{
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        char bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1103515245 + 12345;
            bytes[i] = (char)(seed >> 16 & 3 ? 0x80 | seed >> 20 : seed >> 20);
        }
        fresh(sizeof data);
        sw_json_string_bytes(&json, NULL, bytes, sizeof bytes);
        ck_assert(json_valid(data, text.length));
    }
}
END_TEST

START_TEST(strings)
{
    static const struct {
        const char *value, *expected;
    } cases[] = {{"", "\"\""},
                 {"naïve ☃ 🐍", "\"naïve ☃ 🐍\""},
                 {"\xff", "\"\xef\xbf\xbd\""},
                 {"a\xe2\x98", "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
                 {"\x7f", "\"\\u007f\""},
                 {"\xc2\x9b", "\"\\u009b\""},
                 {"\xe2\x80\xa8", "\"\\u2028\""},
                 {"\r", "\"\\u000d\""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fresh(sizeof data);
        sw_json_string(&json, NULL, cases[i].value);
        ck_assert_str_eq(data, cases[i].expected);
    }
    fresh(sizeof data);
    sw_json_string_bytes(&json, NULL, "a\0b", 3);
    ck_assert_str_eq(data, "\"a\\u0000b\"");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *all = tcase_create("all");
    tcase_add_test(all, reader_is_strict);
    tcase_add_test(all, structure);
    tcase_add_test(all, truncation);
    tcase_add_test(all, every_byte_and_pair);
    tcase_add_test(all, random_bytes);
    tcase_add_test(all, strings);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
