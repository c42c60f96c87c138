/*
 * A folder of its own and settings for each test of the sink. Check runs each test in a process of
 * its own. Included once by each test.
 */
#ifndef SW_TESTS_SINK_FIXTURE_H
#define SW_TESTS_SINK_FIXTURE_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preload/report/sink.h"

#define UNUSED __attribute__((unused))

static char folder[64];
static struct sw_settings settings;
static struct sw_process_info process = {.pid = 4711, .program = "prog", .host = "web-1"};
static char content[1 << 20];

static UNUSED void setup(void)
{
    strcpy(folder, "/tmp/stallwatch-sink-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    sw_settings_default(&settings);
    settings.log = "none";
}

static UNUSED void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* A path in the test's folder; of two at a time. */
static UNUSED const char *in_folder(const char *name)
{
    static char paths[2][128];
    static unsigned next;
    char *path = paths[next++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static UNUSED void start(const char *log, const char *json)
{
    settings.log = log;
    settings.json = json;
    sw_sink_start(&settings, &process, UINT64_C(1795407011123000000));
}

/* What is in a file of the folder, ended by a NUL; its length. */
static UNUSED size_t read_file(const char *name)
{
    int fd = open(in_folder(name), O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t got = read(fd, content, sizeof content - 1);
    ck_assert_int_ge(got, 0);
    content[got] = '\0';
    close(fd);
    return (size_t)got;
}

static UNUSED void text(const char *bytes)
{
    sw_sink_text(bytes, strlen(bytes));
}

static UNUSED uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static UNUSED int run_suite(TCase *all, const char *name)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
