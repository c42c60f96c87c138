/* src/preload/report/replace.c: who reads the file sees a whole one, and what must not be replaced
 * is not. */
#include "preload/report/replace.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sink_fixture.h"

static int replace(const char *name, const char *bytes)
{
    return sw_replace_file(in_folder(name), bytes, strlen(bytes));
}

static unsigned files(void)
{
    DIR *open = opendir(folder);
    unsigned count = 0;
    const struct dirent *entry;
    while ((entry = readdir(open)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open);
    return count;
}

START_TEST(is_readable_by_all)
{
    struct stat about;
    umask(077);
    ck_assert_int_eq(replace("m.prom", "one\n"), 0);
    ck_assert_int_eq(replace("m.prom", "two, longer\n"), 0);
    ck_assert_int_eq(replace("m.prom", "3\n"), 0);
    ck_assert_uint_eq(read_file("m.prom"), 2);
    ck_assert_str_eq(content, "3\n");
    ck_assert_int_eq(stat(in_folder("m.prom"), &about), 0);
    ck_assert_uint_eq(about.st_mode & 07777, 0644);
    ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(only_regular_files)
{
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    ck_assert_int_eq(mkdir(in_folder("folder"), 0700), 0);
    ck_assert_int_eq(symlink("target", in_folder("link")), 0);
    ck_assert_int_eq(replace("fifo", "x"), -EINVAL);
    ck_assert_int_eq(replace("folder", "x"), -EINVAL);
    ck_assert_int_eq(replace("link", "x"), -ELOOP);
    ck_assert_int_eq(sw_replace_file("/dev/null", "x", 1), -EINVAL);
    ck_assert_int_eq(replace("none/m.prom", "x"), -ENOENT);
    ck_assert_int_eq(replace("fifo/m.prom", "x"), -ENOTDIR);
    ck_assert_uint_eq(files(), 3);
}
END_TEST

/* A limit of file size stands for a full disk. */
START_TEST(a_full_disk_leaves_the_old_file)
{
    static char large[4000];
    struct rlimit limit = {1000, RLIM_INFINITY};
    memset(large, 'x', sizeof large);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(replace("m.prom", "old\n"), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(sw_replace_file(in_folder("m.prom"), large, sizeof large), -EFBIG);
    read_file("m.prom");
    ck_assert_str_eq(content, "old\n");
    ck_assert_uint_eq(files(), 1);
}
END_TEST

/* Many processes on one path: each read finds one writer's file, whole. */
START_TEST(many_at_a_time)
{
    static char block[20000];
    pid_t writers[4];
    ck_assert_int_eq(replace("m.prom", "0\n"), 0);
    for (int i = 0; i < 4; i++) {
        writers[i] = fork();
        if (writers[i] == 0) {
            memset(block, 'a' + i, sizeof block);
            size_t length = 5000u * (unsigned)(i + 1);
            for (int turn = 0; turn < 200; turn++)
                if (sw_replace_file(in_folder("m.prom"), block, length) != 0)
                    _exit(1);
            _exit(0);
        }
    }
    for (int turn = 0; turn < 400; turn++) {
        size_t length = read_file("m.prom");
        if (length == 2)
            continue;
        ck_assert(length % 5000 == 0 && length > 0);
        ck_assert_uint_eq(strspn(content, (char[]){(char)('a' + length / 5000 - 1), '\0'}), length);
    }
    for (int i = 0; i < 4; i++) {
        int status;
        ck_assert_int_eq(waitpid(writers[i], &status, 0), writers[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(a_name_without_a_folder)
{
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(sw_replace_file("m.prom", "x\n", 2), 0);
    ck_assert_uint_eq(read_file("m.prom"), 2);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 30);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, is_readable_by_all);
    tcase_add_test(all, only_regular_files);
    tcase_add_test(all, a_full_disk_leaves_the_old_file);
    tcase_add_test(all, many_at_a_time);
    tcase_add_test(all, a_name_without_a_folder);
    return run_suite(all, "replace");
}
