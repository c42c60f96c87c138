/* src/preload/report/sink.c with pipes and standard error: lines of several processes do not get
 * mixed up, a reader that does not read holds nobody up, and what the program puts in the place of
 * its standard error is its own. */
#include "preload/report/sink.h"

#include <limits.h>
#include <pthread.h>

#include "preload/notes/process.h"
#include "preload/report/descriptors.h"
#include "sink_fixture.h"

/* What standard error is from now on, as if the program had been started so. */
static void begin_with_stderr(int fd)
{
    char *environment[] = {NULL};
    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    sw_process_birth(environment);
}

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
        int wrote = snprintf(line, sizeof line, "==4711== line %u %.*s\n", i, (int)(i % 37),
                             "......................................");
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

static void *write_from_own_table(void *unused)
{
    (void)unused;
    sw_descriptors_start(true);
    text("to stderr\n");
    start(in_folder("log"), NULL);
    text("to the log\n");
    return NULL;
}

/* As the watchdog has it: a descriptor table of its own, standard error borrowed from the
 * program's. */
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

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 20);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, pieces_end_at_line_ends);
    tcase_add_test(all, a_line_longer_than_a_piece);
    tcase_add_test(all, a_reader_that_does_not_read);
    tcase_add_test(all, a_replaced_stderr_is_left_alone);
    tcase_add_test(all, from_a_table_of_its_own);
    return run_suite(all, "sink_pipes");
}
