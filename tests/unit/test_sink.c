/* src/preload/report/sink.c with files: records arrive whole or not at all, and nothing that is
 * wrong with a path or a disk holds up or harms the program. Pipes and standard error:
 * test_sink_pipes.c. */
#include "preload/report/sink.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "sink_fixture.h"

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
    ck_assert_ptr_nonnull(
        strstr(line.data, "no\\x0asuch/log")); /* as names from outside are shown */
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
        if (fstat(fd, &about) == 0 && about.st_ino == wanted.st_ino &&
            about.st_dev == wanted.st_dev)
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

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 20);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, files_are_appended_to);
    tcase_add_test(all, codes_in_paths);
    tcase_add_test(all, nothing_wanted_nothing_written);
    tcase_add_test(all, an_unwritable_path_is_said_once);
    tcase_add_test(all, a_folder_made_later);
    tcase_add_test(all, a_path_that_gets_too_long);
    tcase_add_test(all, no_link_is_followed);
    tcase_add_test(all, a_fifo_without_a_reader);
    tcase_add_test(all, a_full_disk_leaves_whole_lines);
    tcase_add_test(all, a_program_that_takes_our_descriptor);
    tcase_add_test(all, a_log_that_was_moved_away);
    return run_suite(all, "sink");
}
