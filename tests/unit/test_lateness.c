/* src/preload/watch/cause/lateness.c: what of a span the watchdog itself did not get, and why. */
#include "preload/watch/cause/lateness.h"

#include "notes_fixture.h"

#define MS UINT64_C(1000000)

/* Ticks are nanoseconds here: begin_process is not called, so no TSC has been chosen. */
static uint64_t late_ms(enum sw_lateness reason, uint64_t from_ms, uint64_t to_ms)
{
    return sw_lateness_within(reason, from_ms * MS, to_ms * MS) / MS;
}

static void late(uint64_t planned_ms, uint64_t woke_ms, uint64_t ready_ms)
{
    sw_lateness_note(planned_ms * MS, woke_ms * MS, ready_ms * MS, 0);
}

START_TEST(only_within_the_span)
{
    late(1000, 1300, 300);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 2000), 300);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 1100, 1200), 100);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 1050), 50);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 1250, 5000), 50);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 1000), 0);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 1300, 2000), 0);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 2000, 0), 0); /* no span at all */
}
END_TEST

/* A quarter of the threshold may pass without a look. */
START_TEST(long_work_is_missed_time)
{
    sw_process_settings.threshold_ns = 100 * MS;
    sw_lateness_begin_work(1000 * MS);
    ck_assert(!sw_lateness_note_work(1025 * MS));
    ck_assert_uint_eq(sw_lateness_total(), 0);
    sw_lateness_begin_work(2000 * MS);
    ck_assert(sw_lateness_note_work(2030 * MS));
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 30);
    ck_assert(!sw_lateness_note_work(2040 * MS)); /* what was noted is not noted again */
    sw_lateness_begin_work(3030 * MS);
    ck_assert(!sw_lateness_note_work(3000 * MS)); /* no span at all */
    sw_lateness_end_work(3040 * MS);
    ck_assert(!sw_lateness_note_work(9000 * MS)); /* it has slept since */
    ck_assert_uint_eq(sw_lateness_total() / MS, 30);
}
END_TEST

START_TEST(several_add_up)
{
    late(1000, 1100, 100);
    late(2000, 2200, 200);
    late(3000, 3400, 400);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 700);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 1500, 3100), 300);
    ck_assert_uint_eq(sw_lateness_total() / MS, 700);
    late(4000, 4001, 1); /* too little to be noted */
    ck_assert_uint_eq(sw_lateness_total() / MS, 700);
}
END_TEST

/* Ready and not running: the machine was busy. Not even ready: the process stood still. */
START_TEST(two_reasons)
{
    late(1000, 1500, 490);
    late(2000, 2500, 3);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 500);
    ck_assert_uint_eq(late_ms(SW_LATENESS_STOPPED, 0, 9000), 500);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 2000, 2500), 0);
    ck_assert_uint_eq(late_ms(SW_LATENESS_STOPPED, 1000, 1500), 0);
}
END_TEST

START_TEST(small_differences_do_not_matter)
{
    sw_lateness_note(1000 * MS, 1000 * MS + 1999999, MS, 0);
    sw_lateness_note(2000 * MS, 1000 * MS, MS, 0); /* woken before its time */
    sw_lateness_note(3000 * MS, 3000 * MS, 0, 0);
    ck_assert(!sw_lateness_matters(1000 * MS, 1000 * MS + 1999999));
    ck_assert(!sw_lateness_matters(2000 * MS, 1000 * MS));
    ck_assert(sw_lateness_matters(1000 * MS, 1002 * MS));
    ck_assert_uint_eq(sw_lateness_within(SW_LATENESS_BUSY, 0, UINT64_MAX), 0);
    ck_assert_uint_eq(sw_lateness_within(SW_LATENESS_STOPPED, 0, UINT64_MAX), 0);
}
END_TEST

/* With a threshold of half a millisecond a wait for a CPU of a fifth of it does; a timer's delay
 * does not make the process one that stood still. */
START_TEST(small_thresholds_make_them_matter)
{
    sw_process_settings.threshold_ns = MS / 2;
    sw_lateness_note(1000 * MS, 1000 * MS + MS / 10, MS / 10, 0);
    ck_assert_uint_eq(sw_lateness_within(SW_LATENESS_BUSY, 0, UINT64_MAX), MS / 10);
    sw_lateness_note(2000 * MS, 2001 * MS, 0, 0);
    ck_assert_uint_eq(sw_lateness_within(SW_LATENESS_STOPPED, 0, UINT64_MAX), 0);
    sw_lateness_note(3000 * MS, 3500 * MS, 0, 0);
    ck_assert_uint_eq(late_ms(SW_LATENESS_STOPPED, 0, 9000), 500);
}
END_TEST

/* A hypervisor that runs others for some milliseconds shows nowhere: with a threshold of as little,
 * that the watchdog was late for a look is all that there is to know. */
START_TEST(a_late_look_of_a_small_threshold)
{
    static struct sw_process process; /* with no watchdog of which the kernel would know anything */
    sw_process = &process;
    sw_process_settings.threshold_ns = MS;
    sw_lateness_note(1000 * MS, 1001 * MS, 0, MS / 10);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 1);
    sw_lateness_note(2000 * MS, 2001 * MS, 0, MS / 10 * 9); /* it worked */
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 1);
    sw_lateness_check_first(3000 * MS, 3002 * MS);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 3);
    sw_lateness_check_first(4000 * MS, 4000 * MS + MS / 10); /* too little */
    sw_lateness_check_first(5000 * MS, 5010 * MS);           /* the kernel would know of it */
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 3);
    sw_process_settings.threshold_ns = 10 * MS;
    sw_lateness_check_first(6000 * MS, 6009 * MS);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 3);
}
END_TEST

/* A process that was stopped, on a crowded machine. */
START_TEST(both_reasons_in_one_span)
{
    sw_lateness_note(1000 * MS, 1600 * MS, 200 * MS, 0);
    ck_assert_uint_eq(late_ms(SW_LATENESS_STOPPED, 0, 9000), 400);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 9000), 200);
    ck_assert_uint_eq(late_ms(SW_LATENESS_STOPPED, 1000, 1400), 400);
}
END_TEST

/* What it worked at for all the time is not lateness; what it stood still in is, wherever it was.
 */
START_TEST(work_is_no_lateness)
{
    sw_lateness_note(1000 * MS, 1100 * MS, 1 * MS, 90 * MS);
    ck_assert_uint_eq(sw_lateness_total(), 0);
    sw_lateness_note(1000 * MS, 1100 * MS, 90 * MS, 9 * MS);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 2000), 100);
    sw_lateness_note(2000 * MS, 2500 * MS, 30 * MS, 9 * MS);
    ck_assert_uint_eq(late_ms(SW_LATENESS_STOPPED, 2000, 3000), 500);
}
END_TEST

/* The last ones are remembered, however many there were. */
START_TEST(old_ones_are_forgotten)
{
    for (uint64_t i = 1; i <= 1000; i++)
        late(i * 100, i * 100 + 10, 10);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 99900, 200000), 20);
    ck_assert_uint_eq(late_ms(SW_LATENESS_BUSY, 0, 50000), 0);
    ck_assert_uint_ge(late_ms(SW_LATENESS_BUSY, 0, 200000), 80);
    ck_assert_uint_le(late_ms(SW_LATENESS_BUSY, 0, 200000), 10000);
}
END_TEST

int main(void)
{
    sw_process_settings.threshold_ns = 100 * MS;
    TCase *all = tcase_create("all");
    tcase_add_test(all, only_within_the_span);
    tcase_add_test(all, long_work_is_missed_time);
    tcase_add_test(all, several_add_up);
    tcase_add_test(all, two_reasons);
    tcase_add_test(all, small_differences_do_not_matter);
    tcase_add_test(all, small_thresholds_make_them_matter);
    tcase_add_test(all, a_late_look_of_a_small_threshold);
    tcase_add_test(all, both_reasons_in_one_span);
    tcase_add_test(all, work_is_no_lateness);
    tcase_add_test(all, old_ones_are_forgotten);
    return run_suite(all, "lateness");
}
