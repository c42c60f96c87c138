/*
 * What the helper writes in the place of a program that was killed, and what it does not hold open
 * meanwhile. The real stallwatch-symbolize is used, by processes forked for the purpose.
 */
#include "helper_fixture.h"

/* A process that uses a helper and is killed; `how` does what the test wants in it. Returns the
 * helper's pid. */
static pid_t killed_process(void (*how)(void))
{
    int told[2];
    pid_t helper = -1;
    ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        check_works();
        helper = helper_pid();
        how();
        if (write(told[1], &helper, sizeof(helper)) != sizeof(helper))
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(told[1]);
    ck_assert_int_eq(read(told[0], &helper, sizeof(helper)), sizeof(helper));
    close(told[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(is_gone(helper));
    return helper;
}

static void check_file(const char *path, const char *wanted)
{
    char got[256] = "";
    struct stat status;
    int fd = open(path, O_RDONLY);
    if (wanted == NULL) {
        ck_assert_int_lt(fd, 0);
        return;
    }
    ck_assert_msg(fd >= 0, "%s was not written", path);
    ck_assert_int_ge(read(fd, got, sizeof(got) - 1), 0);
    ck_assert_str_eq(got, wanted);
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    close(fd);
}

static void leave_due(void)
{
    char text[PATH_MAX], json[PATH_MAX];
    write_paths(text, json);
    sw_helper_outputs(text, json, -1);
    sw_helper_due("early\n", 6, "{\"early\":1}\n", 12);
    sw_helper_due("late\n", 5, "{\"late\":1}\n", 11);
}

static void leave_due_and_say_farewell(void)
{
    leave_due();
    sw_helper_farewell();
}

static void leave_due_by_relative_path(void)
{
    if (chdir(directory) != 0)
        _exit(1);
    sw_helper_outputs("text", "", -1);
    sw_helper_due("late\n", 5, "{}\n", 3);
    if (chdir("/usr") != 0)
        _exit(1);
}

START_TEST(due_is_written_after_sigkill)
{
    char text[PATH_MAX], json[PATH_MAX];
    write_paths(text, json);
    killed_process(leave_due);
    check_file(text, "late\n");
    check_file(json, "{\"late\":1}\n");
    killed_process(leave_due); /* appended */
    check_file(text, "late\nlate\n");
}
END_TEST

START_TEST(due_by_relative_path)
{
    char text[PATH_MAX], json[PATH_MAX];
    write_paths(text, json);
    killed_process(leave_due_by_relative_path);
    check_file(text, "late\n");
    check_file(json, NULL);
}
END_TEST

START_TEST(due_follows_no_link)
{
    char text[PATH_MAX], json[PATH_MAX];
    write_paths(text, json);
    ck_assert_int_eq(symlink(json, text), 0);
    killed_process(leave_due);
    check_file(json, "{\"late\":1}\n"); /* without the text */
}
END_TEST

START_TEST(farewell_leaves_nothing)
{
    char text[PATH_MAX], json[PATH_MAX];
    write_paths(text, json);
    killed_process(leave_due_and_say_farewell);
    check_file(text, NULL);
    check_file(json, NULL);
    child_signals = 0; /* there was one for the child of this test */
    check_works();
    pid_t helper = helper_pid();
    int task = sw_helper.spawn.task;
    sw_helper_farewell();
    ck_assert_int_lt(kill(helper, 0), 0); /* at once: nobody else has to reap */
    ck_assert_int_lt(kill(task, 0), 0);
    check_invisible();
    struct sw_helper_answer answer;
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 100), -ENOENT);
}
END_TEST

static int pipe_ends[2];

static void leave_text_to_pipe(void)
{
    sw_helper_outputs("", "", pipe_ends[1]);
    sw_helper_due("to the pipe\n", 12, "", 0);
}

START_TEST(text_goes_to_the_descriptor)
{
    char got[64] = "";
    ck_assert_int_eq(pipe(pipe_ends), 0);
    killed_process(leave_text_to_pipe);
    close(pipe_ends[1]);
    ck_assert_int_eq(read(pipe_ends[0], got, sizeof(got) - 1), 12);
    ck_assert_str_eq(got, "to the pipe\n");
    ck_assert_int_eq(read(pipe_ends[0], got, sizeof(got)), 0);
}
END_TEST

static int hang_up_within(int fd, int timeout_ms)
{
    struct pollfd waited = {.fd = fd, .events = 0};
    return poll(&waited, 1, timeout_ms) == 1 && (waited.revents & POLLHUP) != 0;
}

/* The reader of a pipeline sees its end when the program closes its end, with the helper alive. */
START_TEST(pipes_are_not_held_open)
{
    ck_assert_int_eq(pipe(pipe_ends), 0);
    check_works();
    close(pipe_ends[1]);
    ck_assert(hang_up_within(pipe_ends[0], 2000));
    close(pipe_ends[0]);
    ck_assert_int_eq(pipe(pipe_ends), 0);
    sw_helper_outputs("", "", pipe_ends[1]);
    check_works(); /* has read the above by now */
    close(pipe_ends[1]);
    ck_assert(!hang_up_within(pipe_ends[0], 50)); /* handed over */
    sw_helper_drop_text();
    ck_assert(hang_up_within(pipe_ends[0], 2000));
    check_works();
}
END_TEST
static void leave_a_child(void)
{
    leave_due();
    if (fork() == 0) {
        usleep(3000000);
        _exit(0);
    }
}

START_TEST(child_outlives_its_parent)
{
    char text[PATH_MAX], json[PATH_MAX];
    double began = now();
    write_paths(text, json);
    killed_process(leave_a_child);
    ck_assert(now() - began < 2.5);
    check_file(text, "late\n");
}
END_TEST

static void change_user(void)
{
    char text[PATH_MAX], json[PATH_MAX];
    leave_due();
    if (setuid(65534) != 0)
        _exit(1);
    write_paths(text, json);
    sw_helper_outputs(json, text, -1);
    sw_helper_due("later\n", 6, "", 0);
}

/* A program that gave up its privileges cannot have a helper that has them write elsewhere. */
START_TEST(change_of_user)
{
    char text[PATH_MAX], json[PATH_MAX];
    if (getuid() != 0)
        return; /* only root can change */
    write_paths(text, json);
    killed_process(change_user);
    check_file(text, "later\n");
    check_file(json, NULL);
}
END_TEST

static void leave_due_and_crash(void)
{
    leave_due();
    crash_helper();
}

START_TEST(due_outlives_a_crash)
{
    char text[PATH_MAX], json[PATH_MAX];
    write_paths(text, json);
    little_stack();
    killed_process(leave_due_and_crash);
    check_file(text, "late\n");
    check_file(json, "{\"late\":1}\n");
}
END_TEST

/* The task between the two shares the program's memory, so it must go with the program even when
 * the helper does not. */
START_TEST(task_goes_with_the_program)
{
    int told[2], pids[2];
    ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        check_works();
        pids[0] = helper_pid();
        pids[1] = sw_helper.spawn.task;
        kill(pids[0], SIGSTOP);
        if (write(told[1], pids, sizeof(pids)) == sizeof(pids))
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(read(told[0], pids, sizeof(pids)), sizeof(pids));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    bool gone = is_gone(pids[1]);
    kill(pids[0], SIGCONT);
    ck_assert(gone);
    ck_assert(is_gone(pids[0]));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("helper_due");
    TCase *due = tcase_create("due");
    tcase_add_checked_fixture(due, set_up, tear_down);
    tcase_set_timeout(due, 30);
    tcase_add_test(due, due_is_written_after_sigkill);
    tcase_add_test(due, due_by_relative_path);
    tcase_add_test(due, due_follows_no_link);
    tcase_add_test(due, farewell_leaves_nothing);
    tcase_add_test(due, text_goes_to_the_descriptor);
    tcase_add_test(due, pipes_are_not_held_open);
    tcase_add_test(due, child_outlives_its_parent);
    tcase_add_test(due, change_of_user);
    tcase_add_test(due, due_outlives_a_crash);
    tcase_add_test(due, task_goes_with_the_program);
    suite_add_tcase(suite, due);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
