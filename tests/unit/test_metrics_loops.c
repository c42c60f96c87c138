/* src/preload/watch/tell/metrics_loops.c: counters only grow, whatever the loops' own figures do;
 * and loops that follow one another share a number. */
#include "preload/watch/tell/metrics_loops.h"

#include "notes_fixture.h"
#include "preload/watch/kept/memory_pool.h"

static const struct sw_metrics_loop *loops;
static unsigned live;

static void begin(void)
{
    begin_process();
    sw_pool_start();
    sw_metrics_loops_start(true);
}

/* Makes a loop on a descriptor of its own, with `turns` iterations that are over. */
static struct sw_loop *make_loop(unsigned turns)
{
    int epfd = new_epoll();
    for (unsigned i = 0; i <= turns; i++)
        wait_epoll(epfd, 0);
    struct sw_loop *loop = loop_on(epfd);
    ck_assert_ptr_nonnull(loop);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    return loop;
}

static unsigned list(void)
{
    live = 0;
    return sw_metrics_loops_list(&loops, &live);
}

static uint64_t sum_of(const struct sw_metrics_loop *loop)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i <= SW_METRICS_BUCKETS; i++)
        sum += loop->buckets[i];
    return sum;
}

/* As the watchdog does it when a loop is over. */
static void end_loop(struct sw_loop *loop)
{
    int fd = loop->fd;
    close_noted(fd);
    sw_metrics_loop_over(sw_thread_self, loop);
    loop->id = 0;
    atomic_store(&loop->state, SW_LOOP_FREE);
}

START_TEST(what_a_loop_has_done)
{
    struct sw_loop *loop = make_loop(5);
    ck_assert_uint_eq(list(), 1);
    ck_assert_uint_eq(live, 1);
    ck_assert_uint_eq(loops[0].number, 1);
    ck_assert_str_eq(loops[0].wait, "epoll_wait");
    uint64_t before = sum_of(&loops[0]);
    ck_assert_uint_ge(before, 3);
    loop->histogram[10] += 7;
    loop->busy_total += 1000;
    uint64_t busy = loops[0].busy_ns;
    ck_assert_uint_eq(list(), 1);
    ck_assert_uint_eq(sum_of(&loops[0]), before + 7);
    ck_assert_uint_gt(loops[0].busy_ns, busy);
}
END_TEST

START_TEST(cells_of_32_bits_run_over)
{
    struct sw_loop *loop = make_loop(3);
    list();
    uint64_t before = sum_of(&loops[0]), start = loop->histogram[3];
    loop->histogram[3] = (uint32_t)start + INT32_MAX;
    list();
    loop->histogram[3] += INT32_MAX;
    list();
    loop->histogram[3] += 20; /* past the end of 32 bits */
    list();
    ck_assert_uint_eq(sum_of(&loops[0]) - before, 2 * (uint64_t)INT32_MAX + 20);
}
END_TEST

/* A cell that is read a moment too early seems to have shrunk the next time. */
START_TEST(counters_never_shrink)
{
    struct sw_loop *loop = make_loop(3);
    list();
    uint64_t before = sum_of(&loops[0]), busy = loops[0].busy_ns;
    loop->histogram[5] += 4;
    list();
    loop->histogram[5] -= 1;
    loop->busy_total = 0;
    list();
    ck_assert_uint_eq(sum_of(&loops[0]), before + 4);
    ck_assert_uint_ge(loops[0].busy_ns, busy);
    loop->histogram[5] += 2;
    list();
    ck_assert_uint_eq(sum_of(&loops[0]), before + 5);
}
END_TEST

START_TEST(one_after_the_other)
{
    for (unsigned i = 1; i <= 100; i++) {
        struct sw_loop *loop = make_loop(3);
        loop->histogram[7] += 10;
        if (i % 3 == 0) /* those in between are seen for the first time when they are over */
            list();
        end_loop(loop);
        ck_assert_uint_eq(list(), 1);
        ck_assert_uint_eq(live, 0);
        ck_assert_uint_ge(sum_of(&loops[0]), i * 10);
    }
}
END_TEST

START_TEST(at_the_same_time)
{
    struct sw_loop *first = make_loop(3);
    list();
    struct sw_loop *second = make_loop(3);
    ck_assert_uint_eq(list(), 2);
    ck_assert_uint_eq(loops[1].number, 2);
    end_loop(first);
    ck_assert_uint_eq(list(), 2);
    ck_assert_uint_eq(live, 1);
    end_loop(second);
}
END_TEST

START_TEST(moves_are_seen)
{
    struct sw_loop *loop = make_loop(3);
    uint64_t then = sw_metrics_loops_moved();
    ck_assert_uint_eq(sw_metrics_loops_moved(), then);
    wait_epoll(loop->fd, 0);
    ck_assert_uint_ne(sw_metrics_loops_moved(), then);
    then = sw_metrics_loops_moved();
    atomic_store(&loop->busy_since, 0); /* the iteration has ended; the wait goes on */
    ck_assert_uint_ne(sw_metrics_loops_moved(), then);
}
END_TEST

START_TEST(a_stall_that_goes_on)
{
    struct sw_loop *loop = make_loop(3);
    list();
    sw_metrics_loop_stalls(loop->id, iterations(loop));
    atomic_store(&loop->busy_since, atomic_load(&loop->busy_since) - 1);
    list();
    ck_assert_uint_gt(loops[0].stalled_ns, 0);
    wait_epoll(loop->fd, 0);
    list();
    ck_assert_uint_eq(loops[0].stalled_ns, 0);
    sw_metrics_loop_stalls(4711, 1); /* of none that is known */
}
END_TEST

START_TEST(nothing_is_kept_unless_wanted)
{
    sw_metrics_loops_start(false);
    struct sw_loop *loop = make_loop(3);
    end_loop(loop);
    sw_metrics_loops_start(true);
    ck_assert_uint_eq(list(), 0);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin, NULL);
    tcase_add_test(all, what_a_loop_has_done);
    tcase_add_test(all, cells_of_32_bits_run_over);
    tcase_add_test(all, counters_never_shrink);
    tcase_add_test(all, one_after_the_other);
    tcase_add_test(all, at_the_same_time);
    tcase_add_test(all, moves_are_seen);
    tcase_add_test(all, a_stall_that_goes_on);
    tcase_add_test(all, nothing_is_kept_unless_wanted);
    return run_suite(all, "metrics_loops");
}
