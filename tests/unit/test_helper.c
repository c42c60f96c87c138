/*
 * The library's end of the helper, with the real stallwatch-symbolize ($STALLWATCH_BUILD) started
 * from this process: that it answers, that the program cannot see it, and that nothing which goes
 * wrong with it costs more than lines.
 *
 * Started with --serve this program is a helper itself, one that answers nonsense.
 */
#include <pthread.h>

#include "helper_fixture.h"

static char own_path[PATH_MAX];

START_TEST(answers)
{
    struct sw_helper_question questions[150];
    struct sw_helper_answer got[150];
    for (unsigned i = 0; i < 150; i++)
        questions[i] = (struct sw_helper_question){fixture, "", NULL, fixture_address};
    questions[1] = (struct sw_helper_question){"/nowhere", "", "_Z3foov", 1};
    questions[2] = (struct sw_helper_question){"/nowhere", "", NULL, 1};
    errno = 4711;
    ck_assert_int_eq(sw_helper_ask(questions, 150, got, &arena, 5000), 0);
    ck_assert_int_eq(errno, 4711);
    check_answer(&got[0]);
    check_answer(&got[149]);
    ck_assert_uint_eq(got[1].count, 1);
    ck_assert_str_eq(got[1].lines[0].function, "foo()");
    ck_assert_ptr_null(got[1].lines[0].file);
    ck_assert_uint_eq(got[2].count, 0);
    ck_assert_ptr_null(sw_helper_problem());
}
END_TEST

START_TEST(not_seen_by_wait)
{
    check_works();
    pid_t helper = helper_pid();
    int task = sw_helper.spawn.task;
    check_invisible();
    kill(helper, SIGKILL);
    ck_assert(is_gone(helper));
    usleep(20000);
    check_invisible();
    struct sw_helper_answer answer;
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 1000), -ENOENT);
    ck_assert_uint_eq(answer.count, 0);
    const char *problem = sw_helper_problem();
    ck_assert_ptr_nonnull(problem);
    ck_assert_ptr_nonnull(strstr(problem, "has ended"));
    ck_assert_ptr_null(sw_helper_problem());
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 1000), -ENOENT);
    ck_assert_ptr_null(sw_helper_problem());
    ck_assert_int_eq(sw_helper.spawn.task, 0); /* reaped */
    ck_assert(is_gone(task));
    check_invisible();
}
END_TEST

static const struct {
    const char *path, *reason;
} unusable[] = {{"/nowhere/stallwatch-symbolize", "no such file"},
                {"/etc/passwd", "not permitted"},
                {"", "not a program"}};

START_TEST(no_helper_to_run)
{
    char script[PATH_MAX + 8];
    struct sw_helper_answer answer;
    snprintf(script, sizeof(script), "%s/text", directory);
    int fd = open(script, O_CREAT | O_WRONLY, 0700);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "nonsense\n", 9), 9);
    close(fd);
    sw_helper_configure(unusable[_i].path[0] != '\0' ? unusable[_i].path : script);
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 2000), -ENOENT);
    ck_assert_uint_eq(answer.count, 0);
    const char *problem = sw_helper_problem();
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, unusable[_i].reason) != NULL, "%s", problem);
    ck_assert_ptr_null(sw_helper_problem());
    check_invisible();
}
END_TEST

START_TEST(none_wanted)
{
    struct sw_helper_answer answer;
    sw_helper_configure(_i == 0 ? "none" : NULL);
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 2000), -ENOENT);
    ck_assert_ptr_null(sw_helper_problem());
}
END_TEST

/* Nothing of the program's is in the helper: descriptors, environment, session, ignored and blocked
 * signals. */
START_TEST(helper_is_apart)
{
    char path[64], text[4096];
    sigset_t blocked;
    setenv("LD_BIND_NOW", "1", 1);
    signal(SIGWINCH, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    int kept = open("/dev/null", O_RDONLY); /* inheritable */
    ck_assert_int_eq(dup2(kept, 777), 777);
    check_works();
    pid_t helper = helper_pid();
    for (int fd = 0; fd < 1024; fd++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", helper, fd);
        ssize_t length = readlink(path, text, sizeof(text) - 1);
        if (length < 0)
            continue;
        text[length] = '\0';
        bool null = fd <= 2 || fd == SW_SYMBOLIZE_TEXT; /* which it has not been handed */
        ck_assert_msg(null == (strcmp(text, "/dev/null") == 0), "descriptor %d is %s", fd, text);
        ck_assert_msg(fd <= 6 || strstr(text, ".so") != NULL, "descriptor %d is %s", fd, text);
    }
    snprintf(path, sizeof(path), "/proc/%d/fd", sw_helper.spawn.task);
    ck_assert_int_eq(access(path, F_OK), 0);
    for (int fd = 0; fd < 1024; fd++) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", sw_helper.spawn.task, fd);
        ck_assert_int_lt(readlink(path, text, sizeof(text)), 0);
    }
    ck_assert_int_ne(getsid(helper), getsid(0));
    snprintf(path, sizeof(path), "/proc/%d/environ", helper);
    int fd = open(path, O_RDONLY);
    ssize_t length = read(fd, text, sizeof(text) - 1);
    ck_assert_int_ge(length, 5);
    text[length] = '\0';
    for (char *at = text; at < text + length; at += strlen(at) + 1)
        ck_assert_msg(strncmp(at, "LD_", 3) != 0, "%s", at);
    close(fd);
    snprintf(path, sizeof(path), "/proc/%d/status", helper);
    FILE *file = fopen(path, "r");
    unsigned long long mask, seen = 0;
    while (fgets(text, sizeof(text), file) != NULL) {
        bool is_wrong =
            strncmp(text, "Name:", 5) == 0 && strcmp(text, "Name:\tstallwatch-sym\n") != 0;
        is_wrong |= sscanf(text, "SigBlk: %llx", &mask) == 1 && mask != 0;
        is_wrong |= sscanf(text, "SigIgn: %llx", &mask) == 1 && (mask >> (SIGWINCH - 1) & 1) != 0;
        ck_assert_msg(!is_wrong, "%s", text);
        seen++;
    }
    fclose(file);
    ck_assert_uint_gt(seen, 10);
    static const int sent[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    for (unsigned i = 0; i < 5; i++)
        kill(helper, sent[i]);
    check_works();
}
END_TEST

START_TEST(late_answers_are_dropped)
{
    struct sw_helper_answer answer;
    check_works();
    pid_t helper = helper_pid();
    kill(helper, SIGSTOP);
    double began = now();
    ck_assert_int_eq(ask_path("/nowhere", "_Z3onev", &answer, 100), 0);
    ck_assert_uint_eq(answer.count, 0);
    ck_assert(now() - began >= 0.09 && now() - began < 2.0);
    kill(helper, SIGCONT);
    check_works(); /* gets its own answer, not the earlier one */
    ck_assert_ptr_null(sw_helper_problem());
}
END_TEST

START_TEST(program_closes_everything)
{
    struct sw_helper_answer answer;
    check_works();
    int socket_fd = sw_helper.socket;
    ck_assert_int_ge(socket_fd, 500);
    pid_t helper = helper_pid();
    int mine = open("/dev/null", O_RDWR);
    ck_assert_int_eq(dup2(mine, socket_fd), socket_fd);
    ck_assert_int_eq(ask_path(fixture, NULL, &answer, 1000), -ENOENT);
    ck_assert_ptr_nonnull(sw_helper_problem());
    ck_assert_int_ge(fcntl(socket_fd, F_GETFD), 0); /* the program's: left alone */
    ck_assert(is_gone(helper));
}
END_TEST

/* A forked child has a helper of its own; and that it holds the parent's socket does not keep the
 * parent's alive. */
START_TEST(forked_child)
{
    int status;
    check_works();
    pid_t helper = helper_pid();
    int socket_fd = sw_helper.socket;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        sw_helper_forget();
        ck_assert_int_ge(fcntl(socket_fd, F_GETFD), 0);
        check_works();
        ck_assert_int_ne(helper_pid(), helper);
        sw_helper_farewell();
        _exit(child_signals == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    check_works();
    ck_assert_int_eq(helper_pid(), helper);
}
END_TEST

/* As in the watchdog: a thread whose descriptors are its own. Nothing of the helper's is in the
 * program's table. */
static void *work_apart(void *argument)
{
    struct sw_helper_answer answer;
    unsigned *count = argument;
    if (close_range(3, ~0u, CLOSE_RANGE_UNSHARE) == 0 &&
        ask_path(fixture, NULL, &answer, 5000) == 0)
        *count = answer.count;
    sw_helper_farewell();
    return NULL;
}

START_TEST(descriptors_of_its_own)
{
    pthread_t thread;
    unsigned count = 0;
    int kept = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(pthread_create(&thread, NULL, work_apart, &count), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_int_ge(fcntl(kept, F_GETFD), 0);
    for (int fd = 500; fd < 510; fd++)
        ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
    check_invisible();
}
END_TEST

/* wait(2) of a program that ignores SIGCHLD sleeps until all children are gone: there are none. */
START_TEST(ignored_sigchld)
{
    signal(SIGCHLD, SIG_IGN);
    check_works();
    ck_assert_int_eq(wait(NULL), -1);
    ck_assert_int_eq(errno, ECHILD);
    pid_t helper = helper_pid();
    kill(helper, SIGKILL);
    ck_assert(is_gone(helper));
    ck_assert_int_eq(wait(NULL), -1);
}
END_TEST

START_TEST(crash_costs_one_answer)
{
    char path[64], text[256];
    little_stack();
    check_works();
    pid_t helper = helper_pid();
    crash_helper();
    check_works();
    ck_assert_int_eq(helper_pid(), helper);
    snprintf(path, sizeof(path), "/proc/%d/cmdline", helper);
    int fd = open(path, O_RDONLY);
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    ck_assert_int_gt(length, 30);
    ck_assert_str_eq(text + strlen(text) + 1, "--resume"); /* so it did crash */
}
END_TEST

/* Libraries with bytes changed at random: whatever the helper makes of them, it goes on. */
START_TEST(broken_files)
{
    char path[PATH_MAX], json[PATH_MAX];
    static unsigned char whole[256 << 10], broken[256 << 10];
    write_paths(path, json);
    int fd = open(fixture, O_RDONLY);
    ssize_t size = read(fd, whole, sizeof(whole));
    close(fd);
    ck_assert_int_gt(size, 4096);
    srandom(2);
    for (unsigned round = 0; round < 150; round++) {
        struct sw_helper_answer answer;
        memcpy(broken, whole, (size_t)size);
        for (unsigned i = 0; i < 1 + round; i++)
            broken[random() % size] = (unsigned char)random();
        memcpy(broken, whole, round % 2 != 0 ? 64 : 0);
        fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
        ck_assert_int_eq(write(fd, broken, (size_t)size - (round % 10 == 0 ? 1000 : 0)) > 0, 1);
        close(fd);
        ck_assert_int_eq(ask_path(path, NULL, &answer, 5000), 0);
    }
    check_works();
}
END_TEST

START_TEST(hostile_helper)
{
    struct sw_helper_answer answer;
    sw_helper_configure(own_path);
    for (unsigned i = 0; i < 50; i++) {
        ask_path(fixture, NULL, &answer, 20);
        for (unsigned k = 0; k < answer.count; k++)
            ck_assert(answer.lines[k].function == NULL || strlen(answer.lines[k].function) < 1024);
        sw_arena_reset(&arena);
    }
    check_invisible();
}
END_TEST

/* Packets of nonsense, some with a right head, until nobody listens. */
static int answer_nonsense(void)
{
    static unsigned char packet[4096];
    for (unsigned round = 0; round < 100000; round++) {
        for (unsigned i = 0; i < sizeof(packet); i++)
            packet[i] = (unsigned char)random();
        struct sw_symbolize_head head = {SW_SYMBOLIZE_MAGIC, SW_SYMBOLIZE_ANSWER, round % 50,
                                         (uint32_t)random() % 3};
        uint32_t body[3] = {round % 5, 1, 0};
        if (round % 2 == 0)
            memcpy(packet, &head, sizeof(head));
        if (round % 4 == 0)
            memcpy(packet + sizeof(head), body, sizeof(body));
        size_t length = (size_t)random() % sizeof(packet) + 1;
        if (send(SW_SYMBOLIZE_SOCKET, packet, length, MSG_NOSIGNAL) < 0)
            return 0;
    }
    return 0;
}

static void add_tests(TCase *seen, TCase *trouble)
{
    tcase_add_test(seen, answers);
    tcase_add_test(seen, not_seen_by_wait);
    tcase_add_test(seen, helper_is_apart);
    tcase_add_test(seen, late_answers_are_dropped);
    tcase_add_test(seen, forked_child);
    tcase_add_test(seen, descriptors_of_its_own);
    tcase_add_test(seen, ignored_sigchld);
    tcase_add_loop_test(trouble, no_helper_to_run, 0, sizeof(unusable) / sizeof(unusable[0]));
    tcase_add_loop_test(trouble, none_wanted, 0, 2);
    tcase_add_test(trouble, program_closes_everything);
    tcase_add_test(trouble, crash_costs_one_answer);
    tcase_add_test(trouble, broken_files);
    tcase_add_test(trouble, hostile_helper);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--serve") == 0)
        return answer_nonsense();
    if (realpath(argv[0], own_path) == NULL)
        return 1;
    Suite *suite = suite_create("helper");
    TCase *cases[] = {tcase_create("seen"), tcase_create("trouble")};
    for (unsigned i = 0; i < 2; i++) {
        tcase_add_checked_fixture(cases[i], set_up, tear_down);
        tcase_set_timeout(cases[i], 30);
        suite_add_tcase(suite, cases[i]);
    }
    add_tests(cases[0], cases[1]);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
