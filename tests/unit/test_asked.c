/* src/preload/watch/calls/asked.c: how much of a call was a sleep that had been asked for. */
#include "preload/watch/calls/asked.h"

#include <stdlib.h>
#include <time.h>

#include "notes_fixture.h"
#include "preload/notes/calls_table.h"
#include "preload/notes/clock.h"

#define MS UINT64_C(1000000)

static struct sw_call_slot took(uint32_t id, uint64_t longest_ns)
{
    begin_process();
    return (struct sw_call_slot){.id = id,
                                 .count = 1,
                                 .longest = sw_clock_ns_to_ticks(longest_ns),
                                 .longest_entered = sw_clock_ticks()};
}

static void check(const struct sw_call_slot *slot, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t asked = sw_asked_ns(slot);
    ck_assert_msg(asked >= from_ns && asked <= to_ns, "%lu ns, expected %lu to %lu",
                  (unsigned long)asked, (unsigned long)from_ns, (unsigned long)to_ns);
}

START_TEST(each_kind_of_sleep)
{
    struct sw_call_slot slot = took(SW_CALL_usleep, 190 * MS);
    slot.argument[0] = 150000;
    check(&slot, 150 * MS, 150 * MS);
    slot = took(SW_CALL_sleep, 1400 * MS);
    slot.argument[0] = 1;
    check(&slot, 1000 * MS, 1000 * MS);
    slot = took(SW_CALL_nanosleep, 190 * MS);
    slot.argument[0] = 150 * MS;
    check(&slot, 150 * MS, 150 * MS);
    slot = took(SW_CALL_clock_nanosleep, 190 * MS);
    slot.argument[0] = sw_clock_monotonic_at(slot.longest_entered) + 150 * MS;
    slot.argument[1] = CLOCK_MONOTONIC;
    slot.argument[2] = TIMER_ABSTIME;
    check(&slot, 150 * MS, 150 * MS);
    slot = took(SW_CALL_poll, 190 * MS); /* of no descriptors */
    slot.argument[2] = 150 * MS;
    check(&slot, 150 * MS, 150 * MS);
}
END_TEST

START_TEST(never_more_than_it_took)
{
    struct sw_call_slot slot = took(SW_CALL_usleep, 150 * MS - 1000);
    slot.argument[0] = 150000;
    check(&slot, 150 * MS - 2000, 150 * MS - 1000);
    slot.longest = sw_clock_ns_to_ticks(100 * MS); /* a signal ended it */
    check(&slot, 0, 0);
}
END_TEST

START_TEST(no_sleeps)
{
    struct sw_call_slot slot = took(SW_CALL_read, 190 * MS);
    slot.argument[0] = slot.argument[1] = 7;
    check(&slot, 0, 0);
    slot = took(SW_CALL_nanosleep, 190 * MS);
    slot.argument[0] = UINT64_MAX; /* its argument could not be read */
    check(&slot, 0, 0);
    slot = took(SW_CALL_poll, 190 * MS);
    slot.argument[2] = UINT64_MAX; /* no timeout */
    check(&slot, 0, 0);
    slot.argument[1] = 1; /* of one descriptor */
    slot.argument[2] = 150 * MS;
    check(&slot, 0, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("asked");
    TCase *all = tcase_create("all");
    tcase_add_test(all, each_kind_of_sleep);
    tcase_add_test(all, never_more_than_it_took);
    tcase_add_test(all, no_sleeps);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
