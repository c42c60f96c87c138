/*
 * src/common/text.c: what stands in the buffer after each writer, at the ends of the ranges, with
 * hostile bytes, and with buffers of every size.
 */
#include "common/text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char data[4096];
static struct sw_text text;

static const char *fresh(void)
{
    sw_text_init(&text, data, sizeof data);
    return data;
}

START_TEST(numbers)
{
    fresh();
    sw_text_unsigned(&text, 0);
    sw_text_char(&text, ' ');
    sw_text_unsigned(&text, UINT64_MAX);
    sw_text_char(&text, ' ');
    sw_text_signed(&text, INT64_MIN);
    sw_text_char(&text, ' ');
    sw_text_signed(&text, -1);
    sw_text_char(&text, ' ');
    sw_text_signed(&text, INT64_MAX);
    ck_assert_str_eq(data, "0 18446744073709551615 -9223372036854775808 -1 9223372036854775807");
}
END_TEST

START_TEST(hex)
{
    static const struct {
        uint64_t value;
        unsigned digits;
        const char *expected;
    } cases[] = {{0, 0, "0"},
                 {0, 4, "0000"},
                 {0xabc, 0, "abc"},
                 {0x5f0c2a9be1d04477, 16, "5f0c2a9be1d04477"},
                 {0x1f, 16, "000000000000001f"},
                 {0x12345, 2, "12345"},
                 {UINT64_MAX, 99, "ffffffffffffffff"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fresh();
        sw_text_hex(&text, cases[i].value, cases[i].digits);
        ck_assert_str_eq(data, cases[i].expected);
    }
}
END_TEST

START_TEST(milliseconds)
{
    static const struct {
        uint64_t ns;
        unsigned decimals;
        const char *expected;
    } cases[] = {{501234567, 1, "501.2"},
                 {501250000, 1, "501.3"},
                 {501249999, 1, "501.2"},
                 {999950000, 1, "1000.0"},
                 {0, 3, "0.000"},
                 {499, 3, "0.000"},
                 {500, 3, "0.001"},
                 {499999, 0, "0"},
                 {500000, 0, "1"},
                 {1, 6, "0.000001"},
                 {1, 9, "0.000001"},
                 {UINT64_MAX, 1, "18446744073709.6"},
                 {UINT64_MAX, 6, "18446744073709.551615"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fresh();
        sw_text_ms(&text, cases[i].ns, cases[i].decimals);
        ck_assert_str_eq(data, cases[i].expected);
    }
}
END_TEST

START_TEST(durations)
{
    static const struct {
        uint64_t ns;
        const char *expected;
    } cases[] = {{0, "0 us"},
                 {80000, "80 us"},
                 {99499, "99 us"},
                 {99500, "0.1 ms"},
                 {400000, "0.4 ms"},
                 {12500000, "12.5 ms"},
                 {500000000, "500 ms"},
                 {500049999, "500 ms"},
                 {500050000, "500.1 ms"},
                 {59999000000, "59999 ms"},
                 {59999949999, "59999.9 ms"},
                 {59999950000, "60.0 s"},
                 {75000000000, "75.0 s"},
                 {UINT64_MAX, "18446744073.7 s"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fresh();
        sw_text_duration(&text, cases[i].ns);
        ck_assert_str_eq(data, cases[i].expected);
    }
}
END_TEST

START_TEST(times)
{
    static const struct {
        uint64_t seconds;
        unsigned ms;
        const char *expected;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00.000Z"},           {951782399, 999, "2000-02-28T23:59:59.999Z"},
        {951782400, 0, "2000-02-29T00:00:00.000Z"},   {951868800, 7, "2000-03-01T00:00:00.007Z"},
        {1735689599, 1, "2024-12-31T23:59:59.001Z"},  {1735689600, 0, "2025-01-01T00:00:00.000Z"},
        {4107542399, 0, "2100-02-28T23:59:59.000Z"},  {4107542400, 0, "2100-03-01T00:00:00.000Z"},
        {1795407011, 123, "2026-11-23T04:10:11.123Z"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fresh();
        sw_text_time(&text, (cases[i].seconds * 1000 + cases[i].ms) * 1000000 + 999999);
        ck_assert_str_eq(data, cases[i].expected);
    }
    fresh();
    sw_text_time(&text, UINT64_MAX);
    ck_assert_str_eq(data, "2554-07-21T23:34:33.709Z");
}
END_TEST

/* Every day of 150 years against the C library. */
START_TEST(days)
{
    for (uint64_t day = 0; day < 150 * 366; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm calendar;
        char expected[32];
        gmtime_r(&seconds, &calendar);
        strftime(expected, sizeof expected, "%Y-%m-%dT00:00:00.000Z", &calendar);
        fresh();
        sw_text_time(&text, day * 86400 * UINT64_C(1000000000));
        ck_assert_str_eq(data, expected);
    }
}
END_TEST

static const char *escaped(const char *bytes, size_t length, size_t most)
{
    fresh();
    sw_text_escaped(&text, bytes, length, most);
    return data;
}

START_TEST(escapes)
{
    ck_assert_str_eq(escaped("plain", 5, 99), "plain");
    ck_assert_str_eq(escaped("a\\b", 3, 99), "a\\b");
    ck_assert_str_eq(escaped("\x1b[2J\n\r\t", 7, 99), "\\x1b[2J\\x0a\\x0d\\x09");
    ck_assert_str_eq(escaped("a\0b\x7f", 4, 99), "a\\x00b\\x7f");
    ck_assert_str_eq(escaped("naïve ☃ 🐍", strlen("naïve ☃ 🐍"), 99), "naïve ☃ 🐍");
    ck_assert_str_eq(escaped("\xc2\x9b", 2, 99), "\\xc2\\x9b"); /* CSI as a C1 control */
    ck_assert_str_eq(escaped("\xe2\x80\xae", 3, 99),
                     "\\xe2\\x80\\xae"); /* right-to-left override */
    ck_assert_str_eq(escaped("\xff\xfe", 2, 99), "\\xff\\xfe");
    ck_assert_str_eq(escaped("\xc0\xaf", 2, 99), "\\xc0\\xaf");          /* overlong */
    ck_assert_str_eq(escaped("\xed\xa0\x80", 3, 99), "\\xed\\xa0\\x80"); /* surrogate */
    ck_assert_str_eq(escaped("\xf4\x90\x80\x80", 4, 99), "\\xf4\\x90\\x80\\x80");
    ck_assert_str_eq(escaped("\xe2\x98", 2, 99), "\\xe2\\x98"); /* cut */
    ck_assert_str_eq(escaped(NULL, 5, 99), "");
}
END_TEST

START_TEST(escapes_cut)
{
    ck_assert_str_eq(escaped("abcdef", 6, 6), "abcdef");
    ck_assert_str_eq(escaped("abcdef", 6, 5), "abcde…");
    ck_assert_str_eq(escaped("abcdef", 6, 0), "…");
    ck_assert_str_eq(escaped("", 0, 0), "");
    ck_assert_str_eq(escaped("aïb", 4, 2), "a…"); /* never half of a character */
}
END_TEST

START_TEST(utf8)
{
    uint32_t code = 77;
    ck_assert_uint_eq(sw_text_utf8("", 0, &code), 0);
    ck_assert_uint_eq(sw_text_utf8("\x80", 1, &code), 0);
    ck_assert_uint_eq(sw_text_utf8("\xe0\x9f\xbf", 3, &code), 0);
    ck_assert_uint_eq(sw_text_utf8("\xf0\x8f\xbf\xbf", 4, &code), 0);
    ck_assert_uint_eq(sw_text_utf8("\xf5\x80\x80\x80", 4, &code), 0);
    ck_assert_uint_eq(code, 77);
    ck_assert_uint_eq(sw_text_utf8("\xf4\x8f\xbf\xbf", 4, &code), 4);
    ck_assert_uint_eq(code, 0x10ffff);
    ck_assert_uint_eq(sw_text_utf8("\xe0\xa0\x80", 3, &code), 3);
    ck_assert_uint_eq(code, 0x800);
}
END_TEST

START_TEST(padding)
{
    fresh();
    sw_text_string(&text, "xx");
    size_t from = text.length;
    sw_text_string(&text, "ab");
    sw_text_pad(&text, from, 5);
    sw_text_string(&text, "c");
    sw_text_pad(&text, from, 3);
    sw_text_string(&text, "d");
    ck_assert_str_eq(data, "xxab   c d");
}
END_TEST

static void write_everything(void)
{
    sw_text_string(&text, "string ");
    sw_text_string(&text, NULL);
    sw_text_bytes(&text, "bytes", 5);
    sw_text_unsigned(&text, 1234567);
    sw_text_signed(&text, -1234567);
    sw_text_hex(&text, 0xdeadbeef, 10);
    sw_text_ms(&text, 123456789, 3);
    sw_text_duration(&text, 123456789);
    sw_text_escaped(&text, "a\x1bï\xff", 5, 4);
    sw_text_pad(&text, text.length, 7);
    sw_text_time(&text, 1);
    sw_text_char(&text, '!');
}

/* At every size: what there is, is the beginning of the whole, nothing is written behind the
 * buffer, and `truncated` says exactly whether something is missing. */
START_TEST(truncation)
{
    char whole[256], small[256];
    sw_text_init(&text, whole, sizeof whole);
    write_everything();
    ck_assert(!text.truncated);
    size_t length = text.length;
    for (size_t size = 1; size <= length + 2; size++) {
        memset(small, '#', sizeof small);
        sw_text_init(&text, small, size);
        write_everything();
        ck_assert_int_eq(text.truncated, size <= length);
        ck_assert_uint_lt(text.length, size);
        ck_assert_uint_eq(strlen(small), text.length);
        ck_assert_mem_eq(small, whole, text.length);
        ck_assert_int_eq(small[size], '#');
    }
}
END_TEST

START_TEST(rewinding)
{
    char small[8];
    sw_text_init(&text, small, sizeof small);
    sw_text_string(&text, "abc");
    sw_text_string(&text, "defghijk");
    ck_assert(text.truncated);
    ck_assert_str_eq(small, "abcdefg");
    sw_text_rewind(&text, 3);
    ck_assert(!text.truncated);
    sw_text_string(&text, "XY");
    ck_assert_str_eq(small, "abcXY");
    sw_text_rewind(&text, 99);
    ck_assert_str_eq(small, "abcXY");
    sw_text_reset(&text);
    ck_assert_str_eq(small, "");
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *all = tcase_create("all");
    tcase_add_test(all, numbers);
    tcase_add_test(all, hex);
    tcase_add_test(all, milliseconds);
    tcase_add_test(all, durations);
    tcase_add_test(all, times);
    tcase_add_test(all, days);
    tcase_add_test(all, escapes);
    tcase_add_test(all, escapes_cut);
    tcase_add_test(all, utf8);
    tcase_add_test(all, padding);
    tcase_add_test(all, truncation);
    tcase_add_test(all, rewinding);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
