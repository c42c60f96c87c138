/* src/preload/watch/tell/groups.c: stalls by signature, and the worst of them for the summary. */
#include "preload/watch/tell/groups.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "preload/watch/kept/memory_pool.h"

#define MS UINT64_C(1000000)

static void setup(void)
{
    sw_pool_start();
    sw_groups_start();
}

static void add(uint64_t signature, uint64_t ms, enum sw_cause cause, const char *call,
                const char *top)
{
    struct sw_stall stall = {.signature = signature, .duration_ns = ms * MS, .cause = cause};
    stall.call_named = call != NULL;
    stall.calls[0].name = call;
    sw_groups_add(&stall, top);
}

START_TEST(occurrences_count_each_signature)
{
    ck_assert_uint_eq(sw_groups_occurrence(1), 1);
    ck_assert_uint_eq(sw_groups_occurrence(2), 1);
    ck_assert_uint_eq(sw_groups_occurrence(1), 2);
    ck_assert_uint_eq(sw_groups_occurrence(1), 3);
    ck_assert_uint_eq(sw_groups_occurrence(0), 1);
}
END_TEST

START_TEST(reported_in_full_once)
{
    sw_groups_occurrence(1);
    ck_assert(!sw_groups_reported(1));
    ck_assert(sw_groups_reported(1));
    ck_assert(sw_groups_reported(1));
    ck_assert(!sw_groups_reported(2));
}
END_TEST

START_TEST(figures_of_a_group)
{
    struct sw_stall_group group;
    char top[] = "bad /srv/main.c:7";
    add(5, 200, SW_CAUSE_CPU, NULL, top);
    add(5, 500, SW_CAUSE_BLOCKING_CALL, "fsync", "later");
    add(5, 300, SW_CAUSE_MIXED, NULL, NULL);
    memset(top, 'x', sizeof top - 1); /* the capture's memory is given back */
    ck_assert_uint_eq(sw_groups_worst(&group, 1), 1);
    ck_assert_uint_eq(group.signature, 5);
    ck_assert_uint_eq(group.count, 3);
    ck_assert_uint_eq(group.total_ns, 1000 * MS);
    ck_assert_uint_eq(group.max_ns, 500 * MS);
    ck_assert_int_eq(group.cause, SW_CAUSE_BLOCKING_CALL); /* the longest one's */
    ck_assert_str_eq(group.call, "fsync");
    ck_assert_str_eq(group.top, "bad /srv/main.c:7");
}
END_TEST

START_TEST(worst_first)
{
    static const uint64_t total[] = {30, 900, 10, 500, 70, 800, 20, 60};
    struct sw_stall_group groups[8];
    for (unsigned i = 0; i < 8; i++)
        add(100 + i, total[i], SW_CAUSE_CPU, NULL, NULL);
    ck_assert_uint_eq(sw_groups_worst(groups, 8), 8);
    for (unsigned i = 1; i < 8; i++)
        ck_assert_uint_ge(groups[i - 1].total_ns, groups[i].total_ns);
    ck_assert_uint_eq(sw_groups_worst(groups, 3), 3);
    ck_assert_uint_eq(groups[0].signature, 101);
    ck_assert_uint_eq(groups[1].signature, 105);
    ck_assert_uint_eq(groups[2].signature, 103);
    ck_assert_uint_eq(sw_groups_worst(groups, 0), 0);
}
END_TEST

START_TEST(only_those_that_have_ended)
{
    struct sw_stall_group groups[4];
    sw_groups_occurrence(1);
    sw_groups_reported(2);
    ck_assert_uint_eq(sw_groups_worst(groups, 4), 0);
    add(2, 100, SW_CAUSE_CPU, NULL, NULL);
    ck_assert_uint_eq(sw_groups_worst(groups, 4), 1);
    ck_assert_uint_eq(groups[0].signature, 2);
}
END_TEST

/* A program that makes a new signature for each stall: memory stays bounded, and old ones stay
 * right. */
START_TEST(very_many_signatures)
{
    struct sw_stall_group group;
    for (uint64_t i = 1; i <= 10000; i++) {
        ck_assert_uint_eq(sw_groups_occurrence(i * 7919), 1);
        add(i * 7919, i == 4000 ? 900 : 1, SW_CAUSE_CPU, NULL, NULL);
    }
    ck_assert_uint_eq(sw_groups_occurrence(7919), 2);
    ck_assert_uint_eq(sw_groups_occurrence(10000 * 7919), 1);
    ck_assert(!sw_groups_reported(10000 * 7919));
    ck_assert(!sw_groups_reported(10000 * 7919));
    ck_assert_uint_eq(sw_groups_worst(&group, 1), 1);
    ck_assert_uint_eq(group.signature, 4000 * 7919);
}
END_TEST

START_TEST(a_forked_child_has_none)
{
    struct sw_stall_group group;
    add(5, 200, SW_CAUSE_CPU, NULL, NULL);
    sw_groups_occurrence(5);
    setup();
    ck_assert_uint_eq(sw_groups_worst(&group, 1), 0);
    ck_assert_uint_eq(sw_groups_occurrence(5), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("groups");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, occurrences_count_each_signature);
    tcase_add_test(all, reported_in_full_once);
    tcase_add_test(all, figures_of_a_group);
    tcase_add_test(all, worst_first);
    tcase_add_test(all, only_those_that_have_ended);
    tcase_add_test(all, very_many_signatures);
    tcase_add_test(all, a_forked_child_has_none);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
