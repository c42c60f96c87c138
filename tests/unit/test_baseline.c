/* src/command/load.c: a baseline has the signatures of its stalls, and those that the library would
 * give the same stalls had no sample of them been taken. */
#include "command/load.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/watch/samples/signature.h"

static char path[64];
static struct sw_table table;

static void begin(void)
{
    strcpy(path, "/tmp/stallwatch-baseline-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void end(void)
{
    unlink(path);
}

static int load(const char *lines)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(lines, file);
    fclose(file);
    memset(&table, 0, sizeof table);
    return sw_load_baseline(path, &table);
}

#define STALL(call, cpu)                                                                           \
    "{\"v\":1,\"type\":\"stall\",\"time\":\"2026-11-23T04:10:11.123Z\",\"host\":\"h\",\"pid\":1,"  \
    "\"exe\":\"/srv/app\",\"comm\":\"app\",\"id\":1,\"state\":\"ended\",\"duration_ms\":250.0,"    \
    "\"threshold_ms\":100,\"counted\":true,\"phase\":\"running\",\"cause\":\"cpu\",\"call\":" call \
    ",\"time_ms\":{\"cpu\":" cpu ",\"runqueue\":0,\"blocked\":0,\"accounted\":250},\"stacks\":[]," \
    "\"signature\":\"00000000000000aa\"}\n"
#define USLEEP "{\"name\":\"usleep\",\"detail\":null,\"ms\":100.0,\"count\":1}"

START_TEST(signatures_without_a_stack)
{
    ck_assert_int_eq(load(STALL(USLEEP, "1.0")), 0);
    ck_assert(sw_baseline_has(&table, 0xaa));
    ck_assert(sw_baseline_has(&table, sw_signature_of("app", "usleep", NULL, 0)));
    ck_assert(!sw_baseline_has(&table, sw_signature_of("app", "cpu", NULL, 0)));
    ck_assert(!sw_baseline_has(&table, sw_signature_of("other", "usleep", NULL, 0)));
    ck_assert_int_eq(load(STALL(USLEEP, "101.0")), 0);
    ck_assert(sw_baseline_has(&table, sw_signature_of("app", "cpu", NULL, 0)));
    ck_assert_int_eq(load(STALL("null", "0.0")), 0);
    ck_assert(sw_baseline_has(&table, sw_signature_of("app", "cpu", NULL, 0)));
}
END_TEST

START_TEST(files_that_are_none)
{
    ck_assert_int_eq(load(""), 0);
    ck_assert_int_eq(load("\xff\xff\nx\n"), -EBADMSG);
    ck_assert_int_eq(load("x\n" STALL("null", "0.0")), 0); /* a line that was cut */
    ck_assert(sw_baseline_has(&table, 0xaa));
    unlink(path);
    ck_assert_int_eq(sw_load_baseline(path, &table), -ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("baseline");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin, end);
    tcase_add_test(all, signatures_without_a_stack);
    tcase_add_test(all, files_that_are_none);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
