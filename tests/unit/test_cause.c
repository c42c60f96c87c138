/* src/preload/watch/cause/cause.c: which cause explains a stall, from figures alone. */
#include "preload/watch/cause/cause.h"

#include <check.h>
#include <stdlib.h>

#define MS UINT64_C(1000000)

/* A stall of 1000 ms at a threshold of 100 ms, wholly watched, of which nothing is known yet. */
static struct sw_cause_input whole(void)
{
    return (struct sw_cause_input){
        .duration_ns = 1000 * MS, .threshold_ns = 100 * MS, .accounted_ns = 1000 * MS};
}

static void check(struct sw_cause_input input, enum sw_cause cause, uint64_t explained_ms)
{
    struct sw_cause_verdict verdict = sw_cause_decide(&input);
    ck_assert_str_eq(sw_settings_cause_name(verdict.cause), sw_settings_cause_name(cause));
    ck_assert_uint_eq(verdict.explained_ns, explained_ms * MS);
}

START_TEST(each_cause_alone)
{
    struct sw_cause_input input = whole();
    input.blocking_ns = 990 * MS;
    check(input, SW_CAUSE_BLOCKING_CALL, 990);
    input = whole();
    input.waiting_ns = 990 * MS;
    check(input, SW_CAUSE_NESTED_WAIT, 990);
    input = whole();
    input.lock_ns = 990 * MS;
    check(input, SW_CAUSE_LOCK, 990);
    input = whole();
    input.cpu_ns = 990 * MS;
    check(input, SW_CAUSE_CPU, 990);
    input = whole();
    input.runqueue_ns = 990 * MS;
    check(input, SW_CAUSE_STARVED, 990);
    input = whole();
    input.unserved_ns = 990 * MS;
    check(input, SW_CAUSE_STARVED, 990);
    input = whole();
    input.stopped_ns = 990 * MS;
    check(input, SW_CAUSE_STOPPED, 990);
}
END_TEST

START_TEST(sixty_percent_are_enough)
{
    struct sw_cause_input input = whole();
    input.blocking_ns = 600 * MS;
    input.cpu_ns = 400 * MS;
    check(input, SW_CAUSE_BLOCKING_CALL, 600);
    input.blocking_ns = 599 * MS;
    input.cpu_ns = 401 * MS;
    check(input, SW_CAUSE_MIXED, 1000);
    input.blocking_ns = 390 * MS;
    input.cpu_ns = 610 * MS;
    check(input, SW_CAUSE_CPU, 610);
}
END_TEST

/* A call that computes (getaddrinfo does) is blamed for it; its time is not counted as the
 * program's own as well. */
START_TEST(time_in_a_call_is_the_calls)
{
    struct sw_cause_input input = whole();
    input.blocking_ns = 800 * MS;
    input.cpu_ns = 900 * MS;
    check(input, SW_CAUSE_BLOCKING_CALL, 800);
    input.blocking_ns = 500 * MS;
    input.cpu_ns = 1000 * MS;
    check(input, SW_CAUSE_MIXED, 1000);
    input.blocking_ns = 1200 * MS; /* clocks differ a little */
    check(input, SW_CAUSE_BLOCKING_CALL, 1000);
}
END_TEST

START_TEST(starvation_comes_before_calls)
{
    struct sw_cause_input input = whole();
    input.blocking_ns = 1000 * MS; /* it took so long since there was no CPU to go on */
    input.runqueue_ns = 700 * MS;
    check(input, SW_CAUSE_STARVED, 700);
    input.stopped_ns = 700 * MS;
    check(input, SW_CAUSE_STOPPED, 700);
}
END_TEST

/* Lateness is of the part that nobody watched: what was watched has its own figures. */
START_TEST(the_watchdogs_lateness_is_starvation)
{
    struct sw_cause_input input = whole();
    input.late_ns = 900 * MS;
    input.cpu_ns = 1000 * MS;
    check(input, SW_CAUSE_CPU, 1000);
    input.accounted_ns = 300 * MS;
    input.cpu_ns = 300 * MS;
    check(input, SW_CAUSE_STARVED, 700);
    input.accounted_ns = 2000 * MS; /* more than all of it: still no more than nothing unwatched */
    input.cpu_ns = 1000 * MS;
    check(input, SW_CAUSE_CPU, 1000);
}
END_TEST

/* A thread that slept as long as it asked to, while the watchdog had no CPU, slept. */
START_TEST(lateness_says_nothing_of_who_slept)
{
    struct sw_cause_unwatched figures = {.duration_ns = 150 * MS,
                                         .explained_ns = 150 * MS,
                                         .lateness_ns = 124 * MS,
                                         .delay_known = true,
                                         .delay_ns = 0};
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 0);
    figures.delay_ns = 60 * MS; /* its own delay stands: the call may have been longer for it */
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 60 * MS);
    figures.explained_ns = 50 * MS;
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 100 * MS);
    figures.lateness_ns = 70 * MS;
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 70 * MS);
    figures.explained_ns = 900 * MS; /* calls and CPU time may overlap */
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 60 * MS);
    figures.delay_known = false; /* nothing but the watchdog's own lateness is known */
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 0);
    figures.explained_ns = 30 * MS;
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 70 * MS);
}
END_TEST

/* The thread's delay may be older than the stall; a sleep that took as long as it was to had none.
 */
START_TEST(a_sleep_was_kept_from_no_cpu)
{
    struct sw_cause_unwatched figures = {.duration_ns = 150 * MS,
                                         .explained_ns = 150 * MS,
                                         .asked_ns = 149 * MS,
                                         .delay_known = true,
                                         .delay_ns = 58 * MS};
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 1 * MS);
    figures.asked_ns = 110 * MS; /* it came back late */
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 40 * MS);
    figures.asked_ns = 200 * MS;
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 0);
}
END_TEST

/* Of who waits for another thread, nobody saw whether it was his loop that waited. */
START_TEST(a_lock_that_nobody_saw)
{
    struct sw_cause_unwatched figures = {
        .duration_ns = 208 * MS, .lock_ns = 206 * MS, .lateness_ns = 180 * MS};
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 180 * MS);
    figures.seen = true;
    ck_assert_uint_eq(sw_cause_unwatched(&figures), 2 * MS);
}
END_TEST

/* A busy machine makes no failures out of a clean program: without its delays this would not have
 * been a stall. */
START_TEST(no_stall_but_for_starvation)
{
    struct sw_cause_input input = {
        .duration_ns = 150 * MS, .threshold_ns = 100 * MS, .accounted_ns = 150 * MS};
    input.cpu_ns = 75 * MS;
    input.runqueue_ns = 70 * MS;
    check(input, SW_CAUSE_STARVED, 70);
    input.runqueue_ns = 49 * MS; /* 101 ms are left */
    check(input, SW_CAUSE_MIXED, 124);
    input.stopped_ns = 60 * MS;
    input.runqueue_ns = 0;
    check(input, SW_CAUSE_STOPPED, 60);
}
END_TEST

START_TEST(paging_and_steal)
{
    struct sw_cause_input input = whole();
    input.paging_ns = 700 * MS;
    check(input, SW_CAUSE_PAGING, 700);
    input.paging_ns = 300 * MS;
    input.stolen_ns = 400 * MS;
    input.runqueue_ns = 250 * MS;
    check(input, SW_CAUSE_STARVED, 650);
}
END_TEST

static uint64_t paged_ms(uint64_t unexplained_ms, uint64_t faults, unsigned looks,
                         unsigned at_fault, uint64_t disk_ms)
{
    struct sw_cause_paging figures = {unexplained_ms * MS, faults, disk_ms * MS, looks, at_fault};
    return sw_cause_paging(&figures) / MS;
}

/* Faults without time are none, and one fault is no 300 ms, unless it was seen. */
START_TEST(paging_by_faults)
{
    ck_assert_uint_eq(paged_ms(300, 0, 10, 4, 0), 0);
    ck_assert_uint_eq(paged_ms(300, 0, 10, 5, 0), 300); /* being read ahead: no major fault */
    ck_assert_uint_eq(paged_ms(300, 0, 1, 1, 0), 0);
    ck_assert_uint_eq(paged_ms(300, 312, 10, 0, 0), 300);
    ck_assert_uint_eq(paged_ms(300, 1, 10, 0, 0), 20);
    ck_assert_uint_eq(paged_ms(300, 1, 10, 4, 0), 20);
    ck_assert_uint_eq(paged_ms(300, 1, 10, 5, 0), 300);
    ck_assert_uint_eq(paged_ms(300, 1, 0, 0, 0), 20);
    ck_assert_uint_eq(paged_ms(300, 100, 10, 0, 120), 120); /* where the kernel says */
    ck_assert_uint_eq(paged_ms(300, UINT64_MAX, 10, 0, 0), 300);
    ck_assert_uint_eq(paged_ms(0, 100, 10, 10, 0), 0);
}
END_TEST

START_TEST(a_little_starvation_changes_nothing)
{
    struct sw_cause_input input = whole();
    input.blocking_ns = 950 * MS;
    input.runqueue_ns = 50 * MS;
    check(input, SW_CAUSE_BLOCKING_CALL, 950);
}
END_TEST

/* Many short sleeps that each came back late: without that it had been no stall. */
START_TEST(what_only_a_busy_machine_makes_a_stall_is_starved)
{
    struct sw_cause_input input = whole();
    input.duration_ns = input.accounted_ns = 120 * MS;
    input.blocking_ns = 119 * MS;
    input.runqueue_ns = 40 * MS;
    check(input, SW_CAUSE_STARVED, 40);
    input.runqueue_ns = 25 * MS; /* a sleep as long as the threshold always comes back a bit late */
    check(input, SW_CAUSE_BLOCKING_CALL, 119);
    input.duration_ns = input.accounted_ns = 200 * MS;
    input.blocking_ns = 199 * MS;
    input.runqueue_ns = 60 * MS;
    check(input, SW_CAUSE_BLOCKING_CALL, 199);
}
END_TEST

START_TEST(what_several_innocents_explain_is_no_failure)
{
    struct sw_cause_input input = whole();
    input.paging_ns = 560 * MS;
    input.runqueue_ns = 310 * MS;
    check(input, SW_CAUSE_PAGING, 870);
    input.paging_ns = 280 * MS;
    check(input, SW_CAUSE_MIXED, 590);
    input.cpu_ns = 610 * MS;
    check(input, SW_CAUSE_CPU, 610);
}
END_TEST

START_TEST(half_unknown_is_unknown)
{
    struct sw_cause_input input = whole();
    check(input, SW_CAUSE_UNKNOWN, 0);
    input.cpu_ns = 300 * MS;
    input.lock_ns = 199 * MS;
    check(input, SW_CAUSE_UNKNOWN, 0);
    input.lock_ns = 200 * MS;
    check(input, SW_CAUSE_MIXED, 500);
}
END_TEST

/* 60% of the longest that a setting allows, and of a year, are still computed right. */
START_TEST(long_stalls)
{
    for (uint64_t hours = 1; hours <= 24 * 366; hours *= 2) {
        struct sw_cause_input input = {.duration_ns = hours * 3600000 * MS,
                                       .threshold_ns = 100 * MS,
                                       .accounted_ns = hours * 3600000 * MS};
        input.cpu_ns = input.duration_ns / 100 * 59;
        input.lock_ns = input.duration_ns / 100 * 41;
        check(input, SW_CAUSE_MIXED, hours * 3600000);
        input.lock_ns = 0;
        input.cpu_ns = input.duration_ns;
        check(input, SW_CAUSE_CPU, hours * 3600000);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cause");
    TCase *all = tcase_create("all");
    tcase_add_test(all, each_cause_alone);
    tcase_add_test(all, sixty_percent_are_enough);
    tcase_add_test(all, time_in_a_call_is_the_calls);
    tcase_add_test(all, starvation_comes_before_calls);
    tcase_add_test(all, the_watchdogs_lateness_is_starvation);
    tcase_add_test(all, lateness_says_nothing_of_who_slept);
    tcase_add_test(all, a_sleep_was_kept_from_no_cpu);
    tcase_add_test(all, a_lock_that_nobody_saw);
    tcase_add_test(all, no_stall_but_for_starvation);
    tcase_add_test(all, paging_and_steal);
    tcase_add_test(all, paging_by_faults);
    tcase_add_test(all, a_little_starvation_changes_nothing);
    tcase_add_test(all, what_only_a_busy_machine_makes_a_stall_is_starved);
    tcase_add_test(all, what_several_innocents_explain_is_no_failure);
    tcase_add_test(all, half_unknown_is_unknown);
    tcase_add_test(all, long_stalls);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
