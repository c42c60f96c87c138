/* src/preload/watch/tell/hints.c: advice where the cause is well known, and none where it is not.
 */
#include "preload/watch/tell/hints.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "preload/notes/calls_table.h"

static struct sw_stall stall;

static const char *hint_of(const char *call, const char *detail)
{
    stall = (struct sw_stall){.cause = SW_CAUSE_BLOCKING_CALL,
                              .duration_ns = 500000000,
                              .call_named = true,
                              .call_count = 1,
                              .calls = {{.name = call, .detail = detail}}};
    return sw_hint_of(&stall);
}

START_TEST(by_the_call)
{
    ck_assert_ptr_nonnull(strstr(hint_of("getaddrinfo", "db.internal:5432"), "resolver"));
    ck_assert_ptr_nonnull(strstr(hint_of("waitpid", "pid 7 (sleep)"), "SIGCHLD"));
    ck_assert_ptr_nonnull(strstr(hint_of("fsync", NULL), "thread"));
    ck_assert_ptr_nonnull(strstr(hint_of("clock_nanosleep", "500 ms"), "timer"));
    ck_assert_ptr_nonnull(strstr(hint_of("pthread_mutex_lock", NULL), "lock"));
    ck_assert_ptr_null(hint_of("wai", NULL)); /* a whole name */
    ck_assert_ptr_null(hint_of("name_resolver", NULL));
    ck_assert_ptr_null(hint_of("", NULL));
}
END_TEST

START_TEST(by_what_is_read)
{
    ck_assert_ptr_nonnull(strstr(hint_of("read", "pipe fd 5"), "non-blocking"));
    ck_assert_ptr_nonnull(strstr(hint_of("read", "/dev/pts/3"), "non-blocking"));
    ck_assert_ptr_null(hint_of("read", "/var/lib/x.db")); /* a file is never non-blocking */
    ck_assert_ptr_null(hint_of("read", NULL));
    ck_assert_ptr_nonnull(hint_of("recv", NULL));
}
END_TEST

START_TEST(by_the_cause)
{
    hint_of("clock_nanosleep", "500 ms");
    stall.cause = SW_CAUSE_CPU;
    ck_assert_ptr_null(sw_hint_of(&stall));
    stall.cause = SW_CAUSE_STARVED;
    ck_assert_ptr_null(sw_hint_of(&stall));
    stall.figures.throttled_ns = 300000000;
    ck_assert_ptr_nonnull(strstr(sw_hint_of(&stall), "cgroup"));
    stall.cause = SW_CAUSE_PAGING;
    ck_assert_ptr_nonnull(sw_hint_of(&stall));
    stall.deadlock = "deadlock: …";
    ck_assert_ptr_nonnull(strstr(sw_hint_of(&stall), "order"));
    hint_of("clock_nanosleep", "500 ms");
    stall.call_named = false;
    ck_assert_ptr_null(sw_hint_of(&stall));
}
END_TEST

/* Each call that libc has wrapped under a name of a table is there under that very name. */
START_TEST(of_calls_that_are_wrapped)
{
    static const char *const hinted[] = {"sleep", "getaddrinfo",  "waitpid",   "system", "fsync",
                                         "flock", "connect",      "recv",      "poll",   "sem_wait",
                                         "fork",  "pthread_join", "getpwnam_r"};
    for (unsigned i = 0; i < sizeof hinted / sizeof hinted[0]; i++) {
        unsigned id = 0;
        while (id < SW_CALL_COUNT && strcmp(sw_call_info(id)->name, hinted[i]) != 0)
            id++;
        ck_assert_msg(id < SW_CALL_COUNT, "%s is not wrapped", hinted[i]);
        ck_assert_ptr_nonnull(hint_of(hinted[i], NULL));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hints");
    TCase *all = tcase_create("all");
    tcase_add_test(all, by_the_call);
    tcase_add_test(all, by_what_is_read);
    tcase_add_test(all, by_the_cause);
    tcase_add_test(all, of_calls_that_are_wrapped);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
