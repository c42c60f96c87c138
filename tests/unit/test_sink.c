/* src/preload/report/sink.c: records arrive whole or not at all, and nothing that is wrong with a file, a
 * pipe or standard error holds up or harms the program. */
#include "preload/report/sink.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "preload/notes/process.h"
#include "preload/report/descriptors.h"

static char folder[64];
static struct sw_settings settings;
static struct sw_process_info process = {.pid = 4711, .program = "prog", .host = "web-1"};
static char content[1 << 20];

static void setup(void)
{
    strcpy(folder, "/tmp/stallwatch-sink-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    sw_settings_default(&settings);
    settings.log = "none";
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* A path in the test's folder; of two at a time. */
static const char *in_folder(const char *name)
{
    static char paths[2][128];
    static unsigned next;
    char *path = paths[next++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void start(const char *log, const char *json)
{
    settings.log = log;
    settings.json = json;
    sw_sink_start(&settings, &process, UINT64_C(1795407011123000000));
}

/* What is in a file of the folder, ended by a NUL; its length. */
static size_t read_file(const char *name)
{
    int fd = open(in_folder(name), O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t got = read(fd, content, sizeof content - 1);
    ck_assert_int_ge(got, 0);
    content[got] = '\0';
    close(fd);
    return (size_t)got;
}

static void text(const char *bytes)
{
    sw_sink_text(bytes, strlen(bytes));
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What standard error is from now on, as if the program had been started so. */
static void begin_with_stderr(int fd)
{
    char *environment[] = {NULL};
    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    sw_process_birth(environment);
}

START_TEST(files_are_appended_to)
{
    struct stat about;
    start(in_folder("log"), in_folder("json"));
    ck_assert_int_ne(access(in_folder("log"), F_OK), 0); /* not before there is something to say */
    text("one\n");
    text("two\n");
    sw_sink_json("{}\n", 3);
    start(in_folder("log"), in_folder("json")); /* the next process */
    text("three\n");
    ck_assert_uint_eq(read_file("log"), 14);
    ck_assert_str_eq(content, "one\ntwo\nthree\n");
    read_file("json");
    ck_assert_str_eq(content, "{}\n");
    ck_assert_int_eq(stat(in_folder("log"), &about), 0);
    ck_assert_uint_eq(about.st_mode & 07777, 0600);
    ck_assert_uint_eq(sw_sink_lost(), 0);
}
END_TEST

START_TEST(codes_in_paths)
{
    start(in_folder("%e.%p.%t.%h.%%"), NULL);
    text("x\n");
    ck_assert_str_eq(sw_sink_text_path(), in_folder("prog.4711.1795407011.web-1.%"));
    ck_assert_uint_eq(read_file("prog.4711.1795407011.web-1.%"), 2);
    ck_assert(!sw_sink_wants_json());
    ck_assert_str_eq(sw_sink_json_path(), "");
}
END_TEST

START_TEST(nothing_wanted_nothing_written)
{
    start("none", NULL);
    text("x\n");
    sw_sink_json("{}\n", 3);
    ck_assert(!sw_sink_text_is_stderr());
    ck_assert_uint_eq(sw_sink_lost(), 0);
}
END_TEST

/* In a pipe of packets (pipe(2), O_DIRECT) each write is read by itself. */
START_TEST(pieces_end_at_line_ends)
{
    static char report[20000], line[64];
    int ends[2];
    size_t length = 0, got = 0;
    unsigned pieces = 0;
    ck_assert_int_eq(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
    begin_with_stderr(ends[1]);
    start("stderr", NULL);
    for (unsigned i = 0; length < 15000; i++) {
        int wrote = snprintf(line, sizeof line, "==4711== line %u %.*s\n", i, (int)(i % 37), "......................................");
        memcpy(report + length, line, (size_t)wrote);
        length += (size_t)wrote;
    }
    sw_sink_text(report, length);
    while (got < length) {
        ssize_t piece = read(ends[0], content + got, PIPE_BUF + 1);
        ck_assert_int_gt(piece, 0);
        ck_assert_int_le(piece, PIPE_BUF);
        ck_assert_int_eq(content[got + (size_t)piece - 1], '\n');
        got += (size_t)piece;
        pieces++;
    }
    ck_assert_mem_eq(content, report, length);
    ck_assert_uint_le(pieces, 5);
    ck_assert_uint_eq(sw_sink_lost(), 0);
    sw_sink_text(report, 3000); /* a usual report: one write */
    ck_assert_int_eq(read(ends[0], content, sizeof content), 3000);
}
END_TEST

START_TEST(a_line_longer_than_a_piece)
{
    static char line[10000];
    int ends[2];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    begin_with_stderr(ends[1]);
    start("stderr", NULL);
    sw_sink_text(line, sizeof line);
    ck_assert_int_eq(read(ends[0], content, sizeof content), sizeof line);
    ck_assert_mem_eq(content, line, sizeof line);
}
END_TEST

START_TEST(a_reader_that_does_not_read)
{
    static char report[4000];
    int ends[2];
    memset(report, '\n', sizeof report);
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    begin_with_stderr(ends[1]);
    start("stderr", NULL);
    uint64_t before = now_ms();
    for (int i = 0; i < 20; i++)
        sw_sink_text(report, sizeof report);
    ck_assert_uint_ge(sw_sink_lost(), 1);
    ck_assert_uint_lt(now_ms() - before, 3000);
}
END_TEST

/* The program has put another file in the place of standard error: nothing of ours goes there. */
START_TEST(a_replaced_stderr_is_left_alone)
{
    int one = open(in_folder("one"), O_RDWR | O_CREAT, 0600);
    int two = open(in_folder("two"), O_RDWR | O_CREAT, 0600);
    begin_with_stderr(one);
    start("stderr", NULL);
    ck_assert(sw_sink_text_is_stderr());
    text("first\n");
    ck_assert_int_eq(dup2(two, STDERR_FILENO), STDERR_FILENO);
    text("second\n");
    sw_sink_complain("third\n", 6);
    ck_assert_uint_eq(sw_sink_lost(), 1);
    close(STDERR_FILENO);
    text("fourth\n");
    ck_assert_uint_eq(sw_sink_lost(), 2);
    ck_assert_uint_eq(read_file("two"), 0);
    read_file("one");
    ck_assert_str_eq(content, "first\n");
}
END_TEST

static bool problem(struct sw_text *line)
{
    static char buffer[1024];
    sw_text_init(line, buffer, sizeof buffer);
    return sw_sink_problem(line);
}

START_TEST(an_unwritable_path_is_said_once)
{
    struct sw_text line;
    start(in_folder("no\nsuch/log"), in_folder("none/json"));
    text("x\n");
    sw_sink_json("{}\n", 3);
    sw_sink_json("{}\n", 3);
    ck_assert_uint_eq(sw_sink_lost(), 3);
    ck_assert(problem(&line));
    ck_assert_ptr_nonnull(strstr(line.data, "STALLWATCH_LOG"));
    ck_assert_ptr_nonnull(strstr(line.data, "no\\x0asuch/log")); /* as names from outside are shown */
    ck_assert_ptr_nonnull(strstr(line.data, strerrordesc_np(ENOENT)));
    ck_assert_ptr_null(strchr(line.data, '\n'));
    ck_assert(problem(&line));
    ck_assert_ptr_nonnull(strstr(line.data, "STALLWATCH_JSON"));
    ck_assert(!problem(&line));
    text("x\n");
    ck_assert(!problem(&line));
}
END_TEST

START_TEST(a_folder_made_later)
{
    struct sw_text line;
    start(in_folder("later/log"), NULL);
    text("lost\n");
    ck_assert(problem(&line));
    ck_assert_int_eq(mkdir(in_folder("later"), 0700), 0);
    text("kept\n");
    read_file("later/log");
    ck_assert_str_eq(content, "kept\n");
    ck_assert(!problem(&line));
}
END_TEST

START_TEST(a_path_that_gets_too_long)
{
    static char path[5000];
    struct sw_text line;
    memset(path, 'a', sizeof path - 1);
    start(path, NULL);
    text("x\n");
    ck_assert(problem(&line));
    ck_assert_ptr_nonnull(strstr(line.data, strerrordesc_np(ENAMETOOLONG)));
    ck_assert(!problem(&line));
}
END_TEST

START_TEST(no_link_is_followed)
{
    struct sw_text line;
    int target = open(in_folder("target"), O_WRONLY | O_CREAT, 0600);
    close(target);
    ck_assert_int_eq(symlink("target", in_folder("log")), 0);
    ck_assert_int_eq(symlink("new", in_folder("json")), 0);
    start(in_folder("log"), in_folder("json"));
    text("x\n");
    sw_sink_json("{}\n", 3);
    ck_assert_uint_eq(sw_sink_lost(), 2);
    ck_assert(problem(&line));
    ck_assert_ptr_nonnull(strstr(line.data, strerrordesc_np(ELOOP)));
    ck_assert_uint_eq(read_file("target"), 0);
    ck_assert_int_ne(access(in_folder("new"), F_OK), 0);
}
END_TEST

START_TEST(a_fifo_without_a_reader)
{
    ck_assert_int_eq(mkfifo(in_folder("log"), 0600), 0);
    start(in_folder("log"), NULL);
    uint64_t before = now_ms();
    text("lost\n");
    ck_assert_uint_lt(now_ms() - before, 1000);
    ck_assert_uint_eq(sw_sink_lost(), 1);
    int reader = open(in_folder("log"), O_RDONLY | O_NONBLOCK);
    ck_assert_int_ge(reader, 0);
    text("read\n");
    ck_assert_int_eq(read(reader, content, sizeof content), 5);
    ck_assert_uint_eq(sw_sink_lost(), 1);
}
END_TEST

/* A limit of file size stands for a full disk: a write comes back short, and the next fails. */
START_TEST(a_full_disk_leaves_whole_lines)
{
    char line[301];
    struct rlimit limit = {1000, RLIM_INFINITY};
    struct sw_text said;
    memset(line, ' ', sizeof line);
    line[0] = '{', line[298] = '}', line[299] = '\n';
    signal(SIGXFSZ, SIG_IGN);
    start("none", in_folder("json"));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 6; i++)
        sw_sink_json(line, 300);
    ck_assert_uint_eq(sw_sink_lost(), 3);
    ck_assert_uint_eq(read_file("json"), 900);
    limit.rlim_cur = 2000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    sw_sink_json(line, 300); /* there is room again */
    ck_assert_uint_eq(read_file("json"), 1200);
    for (size_t at = 0; at < 1200; at += 300)
        ck_assert(content[at] == '{' && content[at + 298] == '}' && content[at + 299] == '\n');
    ck_assert(!problem(&said));
}
END_TEST

/* The number that the sink's file has in this process. */
static int number_of(const char *name)
{
    struct stat wanted, about;
    ck_assert_int_eq(stat(in_folder(name), &wanted), 0);
    for (int fd = 3; fd < 1024; fd++)
        if (fstat(fd, &about) == 0 && about.st_ino == wanted.st_ino && about.st_dev == wanted.st_dev)
            return fd;
    ck_abort_msg("%s is not open", name);
    return -1;
}

START_TEST(a_program_that_takes_our_descriptor)
{
    start(in_folder("log"), in_folder("json"));
    text("one\n");
    sw_sink_json("{}\n", 3);
    int theirs = open(in_folder("theirs"), O_WRONLY | O_CREAT, 0600);
    int log = number_of("log"), json = number_of("json");
    ck_assert_int_ge(log, 900); /* out of the program's way */
    ck_assert(fcntl(log, F_GETFD) & FD_CLOEXEC);
    ck_assert_int_eq(dup2(theirs, log), log);
    ck_assert_int_eq(close(json), 0);
    text("two\n");
    sw_sink_json("[]\n", 3);
    ck_assert_uint_eq(read_file("theirs"), 0);
    read_file("log");
    ck_assert_str_eq(content, "one\ntwo\n");
    read_file("json");
    ck_assert_str_eq(content, "{}\n[]\n");
    ck_assert_uint_eq(sw_sink_lost(), 0);
}
END_TEST

START_TEST(a_log_that_was_moved_away)
{
    char old[128];
    start(in_folder("log"), NULL);
    text("one\n");
    strcpy(old, in_folder("log.1"));
    ck_assert_int_eq(rename(in_folder("log"), old), 0);
    text("two\n");
    read_file("log.1");
    ck_assert_str_eq(content, "one\n");
    read_file("log");
    ck_assert_str_eq(content, "two\n");
}
END_TEST

static void *write_from_own_table(void *unused)
{
    (void)unused;
    sw_descriptors_start();
    text("to stderr\n");
    start(in_folder("log"), NULL);
    text("to the log\n");
    return NULL;
}

/* As the watchdog has it: a descriptor table of its own, standard error borrowed from the program's. */
START_TEST(from_a_table_of_its_own)
{
    pthread_t thread;
    int file = open(in_folder("err"), O_RDWR | O_CREAT, 0600);
    begin_with_stderr(file);
    start("stderr", NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_from_own_table, NULL), 0);
    pthread_join(thread, NULL);
    if (!sw_descriptors_private())
        return; /* a sandbox forbids it; then the others above tell all */
    read_file("err");
    ck_assert_str_eq(content, "to stderr\n");
    read_file("log");
    ck_assert_str_eq(content, "to the log\n");
    ck_assert_uint_eq(sw_sink_lost(), 0);
}
END_TEST

static void add_tests(TCase *all)
{
    tcase_add_test(all, files_are_appended_to);
    tcase_add_test(all, codes_in_paths);
    tcase_add_test(all, nothing_wanted_nothing_written);
    tcase_add_test(all, pieces_end_at_line_ends);
    tcase_add_test(all, a_line_longer_than_a_piece);
    tcase_add_test(all, a_reader_that_does_not_read);
    tcase_add_test(all, a_replaced_stderr_is_left_alone);
    tcase_add_test(all, an_unwritable_path_is_said_once);
    tcase_add_test(all, a_folder_made_later);
    tcase_add_test(all, a_path_that_gets_too_long);
    tcase_add_test(all, no_link_is_followed);
    tcase_add_test(all, a_fifo_without_a_reader);
    tcase_add_test(all, a_full_disk_leaves_whole_lines);
    tcase_add_test(all, a_program_that_takes_our_descriptor);
    tcase_add_test(all, a_log_that_was_moved_away);
    tcase_add_test(all, from_a_table_of_its_own);
}

int main(void)
{
    Suite *suite = suite_create("sink");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 20);
    tcase_add_checked_fixture(all, setup, teardown);
    add_tests(all);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
