/* src/preload/watch/samples/samples.c: when samples of a stall are taken, and that those which are
 * kept are spread evenly over it, however long it gets. The stacks themselves are made up:
 * sw_snapshot_take is here. */
#include "preload/watch/samples/samples.h"

#include <errno.h>
#include <string.h>

#include "notes_fixture.h"
#include "preload/watch/samples/snapshot.h"

#define MS UINT64_C(1000000)

static struct sw_thread *self;
static struct sw_watch watch;
static unsigned taken;
static int refuse; /* what the next snapshot returns */

int sw_snapshot_take(struct sw_thread *thread, struct sw_watch *of,
                     const struct sw_syscall_view *view, struct sw_sample *sample)
{
    (void)of;
    (void)view;
    if (refuse != 0)
        return refuse;
    uint32_t sequence = atomic_load(&thread->sequence);
    memset(sample, 0, offsetof(struct sw_sample, stack));
    sample->sequence = sequence & 1 ? sequence : 0;
    sample->stack.count = 1;
    sample->stack.frame[0].ip = ++taken;
    return 0;
}

static void begin(unsigned most, uint64_t threshold_ms)
{
    begin_process();
    self = sw_thread_attach();
    ck_assert_ptr_nonnull(self);
    sw_process_settings.samples = most;
    sw_process_settings.threshold_ns = threshold_ms * MS;
    memset(&watch, 0, sizeof watch);
    sw_samples_begin(&watch);
}

/* Looks every `step_us`, from one age of the iteration to another. */
static void look(uint64_t from_ms, uint64_t to_ms, uint64_t step_us)
{
    static const struct sw_syscall_view view = {.known = true, .running = true};
    for (uint64_t age = from_ms * MS; age <= to_ms * MS; age += step_us * 1000)
        sw_samples_step(self, &watch, age, &view);
}

static unsigned looks(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < watch.sample_count; i++)
        sum += watch.samples[i].weight;
    return sum;
}

START_TEST(from_half_the_threshold_on)
{
    begin(8, 100);
    look(0, 49, 1000);
    ck_assert_uint_eq(watch.sample_count, 0);
    look(50, 50, 1000);
    ck_assert_uint_eq(watch.sample_count, 1);
    ck_assert_uint_eq(watch.samples[0].at_ns, 50 * MS);
    ck_assert_uint_eq(watch.samples[0].weight, 1);
    look(51, 100, 1000);
    ck_assert_uint_ge(watch.sample_count, 4); /* a stall barely over the threshold has several */
}
END_TEST

/* With few, the first is not spent on iterations that come to nothing. */
START_TEST(few_begin_at_the_threshold)
{
    for (unsigned most = 1; most <= 4; most++) {
        begin(most, 100);
        look(0, 99, 1000);
        ck_assert_uint_eq(watch.sample_count, 0);
        look(100, 100, 1000);
        ck_assert_uint_eq(watch.sample_count, 1);
    }
}
END_TEST

static void check_spread(unsigned most, uint64_t length_ms)
{
    begin(most, 100);
    look(0, length_ms, 500);
    ck_assert_uint_le(watch.sample_count, most);
    ck_assert_uint_ge(watch.sample_count, most / 2);
    ck_assert_uint_le(watch.samples[0].at_ns, 101 * MS);
    uint64_t least = UINT64_MAX,
             longest = length_ms * MS - watch.samples[watch.sample_count - 1].at_ns;
    for (unsigned i = 1; i < watch.sample_count; i++) {
        uint64_t gap = watch.samples[i].at_ns - watch.samples[i - 1].at_ns;
        least = gap < least ? gap : least;
        longest = gap > longest ? gap : longest;
    }
    /* Twice is what an odd number comes to at the seam; the looks here are 0.5 ms apart. */
    ck_assert_msg(longest <= 2 * least + 2 * MS, "%u samples of %llu ms: gaps from %llu to %llu us",
                  most, (unsigned long long)length_ms, (unsigned long long)least / 1000,
                  (unsigned long long)longest / 1000);
}

START_TEST(spread_over_any_length)
{
    static const unsigned most[] = {4, 5, 7, 8, 16, 33, 64};
    for (unsigned i = 0; i < sizeof most / sizeof most[0]; i++)
        for (uint64_t length = 1000; length <= 16000; length = length * 3 / 2)
            check_spread(most[i], length);
}
END_TEST

START_TEST(one_sample_is_one)
{
    begin(1, 100);
    look(0, 5000, 1000);
    ck_assert_uint_eq(watch.sample_count, 1);
    ck_assert_uint_eq(watch.samples[0].at_ns, 100 * MS);
    ck_assert_uint_eq(taken, 1);
}
END_TEST

/* What is thrown away costs a capture too: there are logarithmically many. */
START_TEST(long_stalls_do_not_cost_more_and_more)
{
    begin(8, 100);
    look(0, 600000, 1000);
    ck_assert_uint_le(watch.sample_count, 8);
    ck_assert_uint_le(taken, 8 + 4 * 16);
}
END_TEST

/* A blocked call's stack cannot change: it is taken once, and has its share. */
START_TEST(a_call_keeps_its_share)
{
    begin(8, 100);
    look(0, 2000, 1000);
    atomic_store(&self->sequence, 11);
    look(2001, 8000, 1000);
    unsigned in_call = 0, all = looks();
    for (unsigned i = 0; i < watch.sample_count; i++)
        in_call += watch.samples[i].sequence == 11 ? watch.samples[i].weight : 0;
    ck_assert_uint_le(all, 8);
    ck_assert_uint_ge(all, 4);
    ck_assert_uint_ge(in_call * 100, all * 50);
    ck_assert_uint_le(in_call * 100, all * 90);
    ck_assert_uint_eq(watch.samples[watch.sample_count - 1].sequence, 11);
}
END_TEST

START_TEST(one_call_all_along)
{
    begin(8, 100);
    atomic_store(&self->sequence, 11);
    look(0, 60000, 1000);
    ck_assert_uint_eq(watch.sample_count, 1);
    ck_assert_uint_eq(taken, 1);
    ck_assert_uint_eq(watch.samples[0].at_ns, 50 * MS);
    ck_assert_uint_ge(looks(), 4);
    ck_assert_uint_le(looks(), 8);
}
END_TEST

START_TEST(two_calls_are_two)
{
    begin(8, 100);
    atomic_store(&self->sequence, 11);
    look(0, 90, 1000);
    atomic_store(&self->sequence, 13);
    look(91, 130, 1000);
    ck_assert_uint_eq(watch.sample_count, 2);
    ck_assert_uint_eq(watch.samples[0].sequence, 11);
    ck_assert_uint_eq(watch.samples[1].sequence, 13);
}
END_TEST

START_TEST(a_missed_one_is_tried_again_soon)
{
    begin(8, 100);
    refuse = -EBUSY;
    look(50, 52, 1000);
    ck_assert_uint_eq(watch.sample_count, 0);
    refuse = 0;
    look(53, 56, 1000);
    ck_assert_uint_eq(watch.sample_count, 1);
    ck_assert_uint_lt(watch.samples[0].at_ns, 57 * MS);
}
END_TEST

START_TEST(never_a_snapshot)
{
    begin(8, 100);
    refuse = -EPERM;
    look(0, 5000, 1000);
    ck_assert_uint_eq(watch.sample_count, 0);
}
END_TEST

START_TEST(each_iteration_begins_anew)
{
    begin(8, 100);
    look(0, 900, 1000);
    sw_samples_begin(&watch);
    ck_assert_uint_eq(watch.sample_count, 0);
    look(0, 60, 1000);
    ck_assert_uint_eq(watch.sample_count, 1);
    ck_assert_uint_eq(watch.samples[0].at_ns, 50 * MS);
    ck_assert_uint_eq(watch.samples[0].stack.frame[0].ip, taken);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_test(all, from_half_the_threshold_on);
    tcase_add_test(all, few_begin_at_the_threshold);
    tcase_add_test(all, spread_over_any_length);
    tcase_add_test(all, one_sample_is_one);
    tcase_add_test(all, long_stalls_do_not_cost_more_and_more);
    tcase_add_test(all, a_call_keeps_its_share);
    tcase_add_test(all, one_call_all_along);
    tcase_add_test(all, two_calls_are_two);
    tcase_add_test(all, a_missed_one_is_tried_again_soon);
    tcase_add_test(all, never_a_snapshot);
    tcase_add_test(all, each_iteration_begins_anew);
    return run_suite(all, "samples");
}
