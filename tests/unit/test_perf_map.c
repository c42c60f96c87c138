/* Lines of perf maps, well-formed and hostile; the file as it grows, is replaced, or is somebody
 * else's. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/languages/perf_map.h"
#include "preload/languages/perf_map_line.h"

static char path[] = "/tmp/sw-map-XXXXXX";

static void write_map(const char *mode, const char *text)
{
    FILE *file = fopen(path, mode);
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void begin(void)
{
    strcpy(path, "/tmp/sw-map-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    sw_perf_map_use(path);
}

static void end(void)
{
    unlink(path);
}

static const struct {
    const char *text;
    uint64_t start, size;
    const char *name; /* NULL: no line */
} lines[] = {
    {"7f00a0 20 spin", 0x7f00a0, 0x20, "spin"},
    {"0x7f00a0 0x20 spin", 0x7f00a0, 0x20, "spin"},
    {"7F00A0 2a JS:*onTimer /srv/a b.js:3:4", 0x7f00a0, 0x2a, "JS:*onTimer /srv/a b.js:3:4"},
    {"0x00007f4cf0a4c280 0x00000000000001d0 I2C/C2I adapters", 0x7f4cf0a4c280, 0x1d0,
     "I2C/C2I adapters"},
    {"1 1 x\r", 1, 1, "x"},
    {"ffffffffffffffff 1 x", 0, 0, NULL},
    {"fffffffffffffff0 f x", UINT64_C(0xfffffffffffffff0), 15, "x"},
    {"11111111111111111 1 x", 0, 0, NULL},
    {"10 0 nothing", 0, 0, NULL},
    {"10 10", 0, 0, NULL},
    {"10 10 ", 0, 0, NULL},
    {"", 0, 0, NULL},
    {"0x 10 x", 0, 0, NULL},
    {"0x", 0, 0, NULL},
    {" 10 10 x", 0, 0, NULL},
    {"zebra", 0, 0, NULL},
    {"-1 10 x", 0, 0, NULL},
};

START_TEST(a_line)
{
    struct sw_perf_map_line line;
    size_t length = strlen(lines[_i].text);
    char *exact = malloc(length + 1); /* so that valgrind and ASan see a read too far */
    memcpy(exact, lines[_i].text, length);
    bool is_line = sw_perf_map_line(exact, length, &line);
    ck_assert_int_eq(is_line, lines[_i].name != NULL && lines[_i].size != 0);
    if (is_line) {
        ck_assert_uint_eq(line.start, lines[_i].start);
        ck_assert_uint_eq(line.size, lines[_i].size);
        ck_assert_uint_eq(line.length, strlen(lines[_i].name));
        ck_assert_int_eq(memcmp(exact + line.name, lines[_i].name, line.length), 0);
    }
    free(exact);
}
END_TEST

START_TEST(random_bytes)
{
    static const char some[] = "0123456789abcdefx \t\n\r\xff";
    srand(4711);
    for (int i = 0; i < 200000; i++) {
        char bytes[40];
        size_t length = (size_t)rand() % sizeof bytes;
        struct sw_perf_map_line line;
        for (size_t j = 0; j < length; j++)
            bytes[j] = some[(size_t)rand() % (sizeof some - 1)];
        if (sw_perf_map_line(bytes, length, &line)) {
            ck_assert_uint_gt(line.length, 0);
            ck_assert_uint_le(line.name + line.length, length);
            ck_assert_uint_ne(line.size, 0);
        }
    }
}
END_TEST

START_TEST(last_match_wins_as_it_grows)
{
    begin();
    ck_assert_ptr_null(sw_perf_map_name(0x1000));
    write_map("a", "1000 100 first\n2000 100 other\n");
    ck_assert_str_eq(sw_perf_map_name(0x1000), "first");
    ck_assert_str_eq(sw_perf_map_name(0x10ff), "first");
    ck_assert_ptr_null(sw_perf_map_name(0x1100));
    ck_assert_ptr_null(sw_perf_map_name(0xfff));
    write_map("a", "1080 10 second\n1090 10 not");
    ck_assert_str_eq(sw_perf_map_name(0x1080), "second");
    ck_assert_str_eq(sw_perf_map_name(0x1090), "first");
    write_map("a", " yet\n");
    ck_assert_str_eq(sw_perf_map_name(0x1090), "not yet");
    ck_assert_str_eq(sw_perf_map_name(0x2001), "other");
    end();
}
END_TEST

START_TEST(replaced)
{
    begin();
    write_map("w", "1000 100 a_rather_long_name\n");
    ck_assert_str_eq(sw_perf_map_name(0x1000), "a_rather_long_name");
    write_map("w", "1000 100 short\n");
    ck_assert_str_eq(sw_perf_map_name(0x1000), "short");
    unlink(path);
    ck_assert_ptr_null(sw_perf_map_name(0x1000));
    end();
}
END_TEST

START_TEST(long_lines_and_many)
{
    begin();
    FILE *file = fopen(path, "w");
    fprintf(file, "1000 10 ");
    for (int i = 0; i < 200000; i++)
        fputc('x', file);
    fputc('\n', file);
    for (unsigned i = 0; i < 300000; i++)
        fprintf(file, "%x 10 f%u\n", 0x100000 + i * 16, i);
    fclose(file);
    ck_assert_str_eq(sw_perf_map_name(0x100000 + 299999 * 16), "f299999");
    ck_assert_str_eq(sw_perf_map_name(0x100000 + 40000 * 16), "f40000");
    ck_assert_ptr_null(sw_perf_map_name(0x100000)); /* more lines than are kept: the newest are */
    end();
}
END_TEST

START_TEST(not_ours_to_read)
{
    char link[64];
    begin();
    write_map("w", "1000 100 name\n");
    snprintf(link, sizeof link, "%s.link", path);
    ck_assert_int_eq(symlink(path, link), 0);
    sw_perf_map_use(link);
    ck_assert_ptr_null(sw_perf_map_name(0x1000));
    unlink(link);
    ck_assert_int_eq(mkfifo(link, 0600), 0); /* its open would wait */
    ck_assert_ptr_null(sw_perf_map_name(0x1000));
    unlink(link);
    sw_perf_map_use(path);
    ck_assert_str_eq(sw_perf_map_name(0x1000), "name");
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(path, 1234, 1234), 0);
        ck_assert_ptr_null(sw_perf_map_name(0x1000));
    }
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("perf_map");
    TCase *cases = tcase_create("perf_map");
    tcase_set_timeout(cases, 30);
    tcase_add_loop_test(cases, a_line, 0, (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(cases, random_bytes);
    tcase_add_test(cases, last_match_wins_as_it_grows);
    tcase_add_test(cases, replaced);
    tcase_add_test(cases, long_lines_and_many);
    tcase_add_test(cases, not_ours_to_read);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
