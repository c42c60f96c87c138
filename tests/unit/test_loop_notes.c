/* src/preload/notes/loop.c, on real epoll descriptors: which waits make a loop, where its
 * iterations begin and end, and what is a call in them. Poll's own rules: test_poll_loop.c; how it
 * all ends: test_loop_ends.c. */
#include "preload/notes/loop.h"

#include <errno.h>

#include "notes_fixture.h"

static int epfd;

static void setup(void)
{
    begin_process();
    epfd = new_epoll();
}

/* The loop on a descriptor, after as many waits. */
static struct sw_loop *waited(int fd, int times)
{
    for (int i = 0; i < times; i++)
        wait_epoll(fd, 0);
    return loop_on(fd);
}

START_TEST(two_waits_are_a_loop)
{
    ck_assert(wait_epoll(epfd, 0));
    struct sw_loop *loop = loop_on(epfd);
    ck_assert_ptr_nonnull(loop);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_CANDIDATE);
    ck_assert_uint_eq(iterations(loop), 1); /* noted from the first wait on */
    ck_assert_uint_eq(sw_thread_self->in_iteration, 1);
    ck_assert_ptr_nonnull(atomic_load(&loop->base));
    ck_assert_int_eq(watches, 1);
    ck_assert_int_eq(wakes, 0);
    ck_assert_uint_eq(sw_process->loops_found, 0);

    ck_assert(wait_epoll(epfd, 0));
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    ck_assert_uint_eq(loop->id, 1);
    ck_assert_uint_eq(sw_process->loops_found, 1);
    ck_assert_int_eq(wakes, 1);
    ck_assert_uint_eq(iterations(loop), 2);
    ck_assert(sw_wait_is_usual(sw_thread_self, epfd));
}
END_TEST

START_TEST(errno_is_kept)
{
    struct sw_wait wait;
    for (int i = 0; i < 3; i++) { /* a candidate seen, a loop found, a usual wait */
        errno = 4711;
        SW_EPOLL_BEGIN(wait, SW_CALL_epoll_wait, epfd, 0);
        SW_WAIT_END(wait, 0);
        ck_assert_int_eq(errno, 4711);
    }
}
END_TEST

START_TEST(iterations_are_counted)
{
    struct sw_loop *loop = waited(epfd, 50);
    uint64_t counted = 0;
    for (unsigned i = 0; i < SW_HISTOGRAM_CELLS; i++)
        counted += loop->histogram[i];
    ck_assert_uint_eq(iterations(loop), 50);
    ck_assert_uint_eq(counted, 49); /* the last is in progress */
    ck_assert_uint_gt(loop->busy_total, 0);
    ck_assert_uint_ge(loop->busy_total, loop->busy_longest);
    ck_assert_uint_ne(atomic_load(&loop->busy_since), 0);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), 0);
}
END_TEST

START_TEST(events_are_those_of_the_last_wait)
{
    int ends[2];
    struct epoll_event event = {.events = EPOLLIN};
    struct sw_loop *loop = waited(epfd, 2);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(epoll_ctl(epfd, EPOLL_CTL_ADD, ends[0], &event), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(loop->events, 1);
    close(ends[0]);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(loop->events, 0);
    struct sw_wait wait;
    SW_EPOLL_BEGIN(wait, SW_CALL_epoll_wait, epfd, 0);
    SW_WAIT_END(wait, -1); /* EINTR: no events */
    ck_assert_uint_eq(loop->events, 0);
}
END_TEST

START_TEST(startup_ends_with_a_real_wait)
{
    struct sw_loop *loop = waited(epfd, 5);
    ck_assert_uint_eq(loop->startup, 1);
    wait_epoll(epfd, 1);
    ck_assert_uint_eq(loop->startup, 0);
    ck_assert_uint_eq(loop->unusual, 0);
}
END_TEST

/* A watchdog that sleeps is woken by the first wait that returns, once; but not by one that has
 * lasted for its whole timeout, of which it knows. */
START_TEST(a_sleeping_watchdog_is_woken)
{
    struct sw_loop *loop = waited(epfd, 12);
    int before = wakes;
    atomic_store(&sw_process->watchdog_asleep, 1);
    wait_epoll(epfd, 0);
    ck_assert_int_eq(wakes, before); /* not awaited */
    atomic_store(&loop->awaited, 1);
    wait_epoll(epfd, 0);
    ck_assert_int_eq(wakes, before + 1);
    ck_assert_uint_eq(atomic_load(&loop->awaited), 0);
    atomic_store(&loop->awaited_until, sw_clock_ticks());
    atomic_store(&loop->awaited, 1);
    wait_epoll(epfd, 0);
    ck_assert_int_eq(wakes, before + 1);
}
END_TEST

START_TEST(startup_ends_with_the_tenth_wait)
{
    struct sw_loop *loop = waited(epfd, 9);
    ck_assert_uint_eq(loop->startup, 1);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(loop->startup, 0);
}
END_TEST

static NOINLINE void read_in_iteration(int fd)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, fd, 0, 0);
    SW_CALL_END(call);
    keep_frame++;
}

START_TEST(long_iterations_are_left_for_the_watchdog)
{
    struct sw_loop *loop = waited(epfd, 12);
    set_threshold(1);
    read_in_iteration(77);
    uint64_t began = atomic_load(&loop->busy_since);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), 1);
    const struct sw_ended *ended = &sw_thread_self->ended[0];
    ck_assert_uint_eq(ended->loop, (unsigned)(loop - sw_thread_self->loops));
    ck_assert_uint_eq(ended->loop_id, 1);
    ck_assert_uint_eq(ended->iteration, 12);
    ck_assert_uint_eq(ended->began, began);
    ck_assert_uint_gt(ended->ended, began);
    ck_assert_uint_eq(ended->startup, 0);
    ck_assert_uint_eq(ended->call_count, 1);
    ck_assert_uint_eq(ended->calls[0].id, SW_CALL_read);
    ck_assert_uint_eq(ended->calls[0].argument[0], 77);
    wait_epoll(epfd, 0); /* without a call: the earlier one's does not come again */
    ck_assert_uint_eq(sw_thread_self->ended[1].call_count, 0);
}
END_TEST

START_TEST(a_full_ring_is_counted_not_overwritten)
{
    waited(epfd, 2);
    set_threshold(1);
    waited(epfd, SW_ENDED_RING + 3);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), SW_ENDED_RING);
    ck_assert_uint_eq(sw_thread_self->ended_lost, 3);
    ck_assert_uint_eq(sw_thread_self->ended[0].iteration, 2);
    atomic_store(&sw_thread_self->ended_tail, 1); /* the watchdog has fetched one */
    waited(epfd, 1);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), SW_ENDED_RING + 1);
    ck_assert_uint_gt(sw_thread_self->ended[0].iteration, SW_ENDED_RING);
}
END_TEST

/* The watchdog measures the clock while the loop already runs. */
START_TEST(nothing_is_left_before_the_clock_has_a_scale)
{
    waited(epfd, 2);
    set_threshold(0);
    waited(epfd, 5);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), 0);
    ck_assert_uint_eq(sw_thread_self->ended_lost, 0);
    atomic_store(&sw_process->threshold_ticks, THRESHOLD);
    waited(epfd, 5);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), 0);
    set_threshold(0);
    atomic_store(&sw_process->threshold_ticks, 1);
    waited(epfd, 1);
    ck_assert_uint_eq(atomic_load(&sw_thread_self->ended_head), 1);
}
END_TEST

START_TEST(a_nested_wait_is_a_call)
{
    struct sw_loop *outer = waited(epfd, 3);
    int inner = new_epoll();
    for (unsigned turn = 1; turn <= 3; turn++) { /* Node's spawnSync: a whole loop of its own */
        ck_assert(wait_epoll(inner, 0));
        ck_assert_ptr_eq(sw_thread_self->outer, outer);
        ck_assert_uint_eq(iterations(outer), 3);
        ck_assert_uint_eq(calls_noted(SW_CALL_epoll_wait), turn);
    }
    ck_assert_uint_eq(sw_call_slot_of(sw_thread_self, SW_CALL_epoll_wait)->argument[0],
                      (unsigned)inner);
    ck_assert_uint_ne(atomic_load(&outer->busy_since), 0);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(iterations(outer), 4);
    ck_assert_uint_eq(calls_noted(SW_CALL_epoll_wait), 0);
    ck_assert(sw_wait_is_usual(sw_thread_self, epfd));
    ck_assert_uint_eq(atomic_load(&outer->group), 0);
}
END_TEST

/* A modal dialog: the same loop, waited for from deeper in the stack. */
static NOINLINE void turn_deeper(int levels)
{
    volatile char room[200];
    room[0] = (char)levels;
    if (levels > 0)
        turn_deeper(levels - 1);
    else
        wait_epoll(epfd, 0);
    keep_frame += (unsigned)room[0];
}

START_TEST(the_same_loop_from_deeper_turns)
{
    struct sw_loop *loop = waited(epfd, 3);
    turn_deeper(10);
    ck_assert_uint_eq(iterations(loop), 4);
    ck_assert_uint_eq(calls_noted(SW_CALL_epoll_wait), 0);
}
END_TEST

START_TEST(a_found_loop_takes_a_candidates_place)
{
    struct sw_loop *candidate = waited(epfd, 1);
    int other = new_epoll();
    wait_epoll(other, 0);
    ck_assert_ptr_eq(sw_thread_self->outer, candidate);
    wait_epoll(other, 0);
    struct sw_loop *loop = loop_on(other);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    ck_assert_ptr_eq(sw_thread_self->outer, loop);
    ck_assert_uint_eq(state_of(candidate), SW_LOOP_FREE);
    ck_assert_uint_eq(iterations(loop), 1);
    /* It is not in the first place, which alone is quick; it is timed all the same. */
    ck_assert(!sw_wait_is_usual(sw_thread_self, other));
    wait_epoll(other, 0);
    ck_assert_uint_eq(iterations(loop), 2);
}
END_TEST

/* Both directions: the poll contains the epoll descriptor, so neither's idling is the other's
 * stall. */
START_TEST(a_poll_on_the_epoll_descriptor_takes_turns)
{
    struct sw_loop *epoll = waited(epfd, 3);
    int other = new_pipe();
    for (int turn = 0; turn < 4; turn++) {
        ck_assert(wait_poll(other, epfd, -1));
        struct sw_loop *poll = sw_thread_self->outer;
        ck_assert_ptr_ne(poll, epoll);
        ck_assert_int_eq(poll->fd, -1);
        ck_assert_uint_eq(atomic_load(&epoll->busy_since), 0);
        ck_assert_uint_eq(iterations(poll), (unsigned)turn + 1);
        ck_assert_uint_eq(calls_noted(SW_CALL_poll), 0);
        ck_assert_uint_ne(atomic_load(&epoll->group), 0);
        ck_assert_uint_eq(atomic_load(&epoll->group), atomic_load(&poll->group));
        ck_assert(wait_epoll(epfd, 0));
        ck_assert_uint_eq(state_of(poll), turn < 2 ? SW_LOOP_CANDIDATE : SW_LOOP_OWNED);
        ck_assert_ptr_eq(sw_thread_self->outer, epoll);
        ck_assert_uint_eq(atomic_load(&poll->busy_since), 0);
        ck_assert_uint_eq(calls_noted(SW_CALL_epoll_wait), 0);
    }
    ck_assert_uint_eq(iterations(epoll), 7);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, two_waits_are_a_loop);
    tcase_add_test(all, errno_is_kept);
    tcase_add_test(all, iterations_are_counted);
    tcase_add_test(all, events_are_those_of_the_last_wait);
    tcase_add_test(all, startup_ends_with_a_real_wait);
    tcase_add_test(all, a_sleeping_watchdog_is_woken);
    tcase_add_test(all, startup_ends_with_the_tenth_wait);
    tcase_add_test(all, long_iterations_are_left_for_the_watchdog);
    tcase_add_test(all, a_full_ring_is_counted_not_overwritten);
    tcase_add_test(all, nothing_is_left_before_the_clock_has_a_scale);
    tcase_add_test(all, a_nested_wait_is_a_call);
    tcase_add_test(all, the_same_loop_from_deeper_turns);
    tcase_add_test(all, a_found_loop_takes_a_candidates_place);
    tcase_add_test(all, a_poll_on_the_epoll_descriptor_takes_turns);
    return run_suite(all, "loop_notes");
}
