/* src/preload/notes/wait_target.c: what is in a set, of poll and of select, and what can be read;
 * and the loops that selects make. */
#include "preload/notes/wait_target.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>

#include "notes_fixture.h"

static struct sw_wait_target of_select(int count, const void *reading, const void *writing,
                                       const void *exceptions)
{
    const void *const sets[3] = {reading, writing, exceptions};
    return sw_wait_target_select(SW_CALL_select, count, sets, 0);
}

static uint64_t count_in(struct sw_wait_target target, int32_t *first)
{
    return sw_wait_set_count(&target, first);
}

/* Two pages, of which the second is gone. */
static char *half_gone(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(munmap(pages + 4096, 4096), 0);
    return pages;
}

START_TEST(what_can_be_read)
{
    static char own[64];
    char near[64];
    char *pages = half_gone();
    errno = 77;
    ck_assert(sw_wait_readable(own, sizeof own));
    ck_assert(sw_wait_readable(near, sizeof near));
    ck_assert(sw_wait_readable(pages, 4096));
    ck_assert(sw_wait_readable(pages + 4093, 3));
    ck_assert(!sw_wait_readable(pages, 4097));
    ck_assert(!sw_wait_readable(pages + 4093, 4));
    ck_assert(!sw_wait_readable(pages + 4096, 1));
    ck_assert(!sw_wait_readable(NULL, 1));
    ck_assert(!sw_wait_readable((void *)8, 1));
    ck_assert(!sw_wait_readable((void *)-8, 4));
    ck_assert(!sw_wait_readable((void *)-8, 16));
    ck_assert(!sw_wait_readable((void *)0xffff888000000000, 8));
    ck_assert(!sw_wait_readable(own, UINT64_MAX));
    ck_assert_int_eq(errno, 77);
}
END_TEST

START_TEST(sets_of_poll)
{
    struct pollfd fds[4] = {{-1, 0, 0}, {7, 0, 0}, {-1, 0, 0}, {3, 0, 0}};
    struct sw_wait_target target = sw_wait_target_poll(SW_CALL_poll, fds, 4, 5);
    int32_t first;
    ck_assert_uint_eq(sw_wait_set_count(&target, &first), 2);
    ck_assert_int_eq(first, 7);
    ck_assert_int_eq(sw_wait_set_at(&target, 1), 7);
    ck_assert_int_eq(sw_wait_set_at(&target, 2), -1);
    ck_assert_int_eq(sw_wait_set_at(&target, 4), -1);
    ck_assert_int_eq(sw_wait_set_place(&target, 3), 3);
    ck_assert_int_eq(sw_wait_set_place(&target, -1), -1);
    ck_assert_int_eq(sw_wait_set_place(&target, 4), -1);
    ck_assert_uint_eq(count_in(sw_wait_target_poll(SW_CALL_poll, NULL, 4, 5), &first), 0);
    ck_assert_int_eq(first, -1);
    ck_assert_uint_eq(count_in(sw_wait_target_poll(SW_CALL_poll, fds, 2, 5), &first), 1);
}
END_TEST

START_TEST(sets_of_select)
{
    fd_set reading, writing, exceptions;
    FD_ZERO(&reading);
    FD_ZERO(&writing);
    FD_ZERO(&exceptions);
    FD_SET(70, &reading);
    FD_SET(5, &writing);
    FD_SET(70, &writing);
    FD_SET(1023, &exceptions);
    struct sw_wait_target target = of_select(1024, &reading, &writing, &exceptions);
    int32_t first;
    ck_assert_uint_eq(sw_wait_set_count(&target, &first), 3); /* 70 is one descriptor */
    ck_assert_int_eq(first, 5);
    ck_assert_int_eq(sw_wait_set_at(&target, 70), 70);
    ck_assert_int_eq(sw_wait_set_at(&target, 71), -1);
    ck_assert_int_eq(sw_wait_set_place(&target, 1023), 1023);
    ck_assert_int_eq(sw_wait_set_place(&target, 1024), -1);
    ck_assert_int_eq(sw_wait_set_place(&target, -5), -1);
    /* Bits from the count on are not asked for. */
    ck_assert_uint_eq(count_in(of_select(70, &reading, &writing, &exceptions), &first), 1);
    ck_assert_uint_eq(count_in(of_select(71, &reading, &writing, &exceptions), &first), 2);
    ck_assert_uint_eq(count_in(of_select(71, &reading, NULL, NULL), &first), 1);
    ck_assert_int_eq(first, 70);
}
END_TEST

START_TEST(counts_of_select)
{
    fd_set set;
    memset(&set, 0xff, sizeof set);
    int32_t first;
    ck_assert_uint_eq(count_in(of_select(0, &set, NULL, NULL), &first), 0);
    ck_assert_uint_eq(count_in(of_select(-1, &set, NULL, NULL), &first), 0);
    ck_assert_uint_eq(count_in(of_select(INT_MIN, &set, NULL, NULL), &first), 0);
    ck_assert_uint_eq(count_in(of_select(INT_MAX, NULL, NULL, NULL), &first), 0);
    ck_assert_uint_eq(count_in(of_select(8, (void *)8, &set, NULL), &first), 0);
    /* A count that the set has no room for: no more than a fd_set is looked at. */
    fd_set *edge = (fd_set *)(half_gone() + 4096) - 1;
    memset(edge, 0xff, sizeof *edge);
    ck_assert_uint_eq(count_in(of_select(INT_MAX, edge, NULL, NULL), &first), 1024);
    /* One with the room. */
    static uint64_t large[8192 / 64];
    large[5000 / 64] = UINT64_C(1) << (5000 % 64);
    ck_assert_uint_eq(count_in(of_select(5001, large, NULL, NULL), &first), 1);
    ck_assert_int_eq(first, 5000);
    /* And one with less than a fd_set, which need not be more than the count says. */
    uint64_t *short_edge = (uint64_t *)(half_gone() + 4096) - 1;
    *short_edge = 1;
    ck_assert_uint_eq(count_in(of_select(64, short_edge, NULL, NULL), &first), 1);
    ck_assert_uint_eq(count_in(of_select(65, short_edge, NULL, NULL), &first), 0);
}
END_TEST

START_TEST(timeouts)
{
    struct timespec span = {2, 5}, negative = {-1, 0}, endless = {INT64_MAX, 0};
    ck_assert_int_eq(sw_wait_timeout_ms(0), 0);
    ck_assert_int_eq(sw_wait_timeout_ms(-1), -1);
    ck_assert_int_eq(sw_wait_timeout_ms(INT_MAX), INT_MAX * INT64_C(1000000));
    ck_assert_int_eq(sw_wait_timeout_timespec(&span), 2000000005);
    ck_assert_int_lt(sw_wait_timeout_timespec(&negative), 0);
    ck_assert_int_lt(sw_wait_timeout_timespec(&endless), 0);
    ck_assert_int_lt(sw_wait_timeout_timespec(NULL), 0);
    ck_assert_int_lt(sw_wait_timeout_timespec((void *)8), 0);
}
END_TEST

static NOINLINE void wait_select(int first, int second)
{
    fd_set set;
    struct timeval short_while = {0, 1000}; /* without any wait it would be a probe */
    struct sw_wait wait;
    FD_ZERO(&set);
    FD_SET(first, &set);
    if (second >= 0)
        FD_SET(second, &set);
    int count = (first > second ? first : second) + 1;
    struct sw_wait_target target = of_select(count, &set, NULL, NULL);
    target.timeout_ns = 1000000;
    SW_WAIT_BEGIN_UNUSUAL(wait, target);
    int ready = select(count, &set, NULL, NULL, &short_while);
    SW_WAIT_END(wait, ready);
    keep_frame++;
}

static struct sw_loop *only_loop(void)
{
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 1);
    ck_assert_uint_eq(state_of(&sw_thread_self->loops[0]), SW_LOOP_OWNED);
    return &sw_thread_self->loops[0];
}

START_TEST(three_selects_make_a_loop)
{
    int shared = new_pipe(), other = new_pipe();
    wait_select(shared, other);
    wait_select(shared, -1);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 0);
    wait_select(other, shared);
    ck_assert_uint_eq(iterations(only_loop()), 1);
    ck_assert_int_eq(only_loop()->fd, -1);
}
END_TEST

/* The same descriptors, waited for in two ways: one loop. */
START_TEST(poll_and_select_are_one_loop)
{
    int own = new_pipe(), other = new_pipe();
    wait_select(own, other);
    wait_poll(own, other, -1);
    wait_select(own, other);
    wait_poll(other, own, -1);
    ck_assert_uint_eq(iterations(only_loop()), 2);
}
END_TEST

START_TEST(a_lone_socket_selected)
{
    int fd = new_socket();
    for (int i = 0; i < 20; i++)
        wait_select(fd, -1);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 0);
}
END_TEST

/* What is noted of a nested one: the first descriptor, how many, and the timeout. */
START_TEST(a_select_inside_is_a_call)
{
    int epfd = new_epoll(), one = new_pipe(), two = new_pipe();
    wait_epoll(epfd, 0);
    wait_epoll(epfd, 0);
    wait_select(two, one);
    ck_assert_uint_eq(calls_noted(SW_CALL_select), 1);
    const struct sw_call_slot *slot = sw_call_slot_of(sw_thread_self, SW_CALL_select);
    ck_assert_int_eq((int)slot->argument[0], one);
    ck_assert_uint_eq(SW_WAIT_DETAIL_COUNT(slot->argument[1]), 2);
    ck_assert_uint_eq(slot->argument[2], 1000000);
}
END_TEST

static NOINLINE void wait_on(struct sw_wait_target target)
{
    struct sw_wait wait;
    SW_WAIT_BEGIN_UNUSUAL(wait, target);
    SW_WAIT_END(wait, 0);
    keep_frame++;
}

/* A ring is a loop of its own after two waits, and over when its descriptor is closed. */
START_TEST(a_ring_makes_a_loop)
{
    int fd = new_pipe();
    wait_on(sw_wait_target_ring(SW_CALL_io_uring_enter, fd, -1));
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 0);
    wait_on(sw_wait_target_ring(SW_CALL_io_uring_enter, fd, -1));
    struct sw_loop *loop = only_loop();
    ck_assert_int_eq(loop->fd, fd);
    ck_assert_uint_eq(iterations(loop), 2);
    /* The watchdog cannot wait for it: it is woken. */
    int before = wakes;
    atomic_store(&sw_process->watchdog_asleep, 1);
    wait_on(sw_wait_target_ring(SW_CALL_io_uring_enter, fd, -1));
    ck_assert_int_eq(wakes, before + 1);
    close_noted(fd);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_CLOSED);
}
END_TEST

/* The number of an epoll and that of a registered ring have nothing to do with each other. */
START_TEST(kinds_are_kept_apart)
{
    int epfd = new_epoll();
    wait_epoll(epfd, 0);
    wait_on(sw_wait_target_custom(SW_CALL_io_uring_enter, (uint64_t)epfd, -1));
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 0);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 1);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin_process, NULL);
    tcase_add_test(all, what_can_be_read);
    tcase_add_test(all, sets_of_poll);
    tcase_add_test(all, sets_of_select);
    tcase_add_test(all, counts_of_select);
    tcase_add_test(all, timeouts);
    tcase_add_test(all, three_selects_make_a_loop);
    tcase_add_test(all, poll_and_select_are_one_loop);
    tcase_add_test(all, a_lone_socket_selected);
    tcase_add_test(all, a_select_inside_is_a_call);
    tcase_add_test(all, a_ring_makes_a_loop);
    tcase_add_test(all, kinds_are_kept_apart);
    return run_suite(all, "wait_target");
}
