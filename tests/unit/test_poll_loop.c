/* src/preload/notes/poll_loop.c, on real descriptors: which polls belong together, what is plain
 * synchronous code that polls again and again, and what closes do to a loop. */
#include "preload/notes/loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "notes_fixture.h"

/* The thread's poll loop that was found; NULL: none. */
static struct sw_loop *found(void)
{
    for (unsigned i = 0; sw_thread_self != NULL && i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &sw_thread_self->loops[i];
        if (loop->fd < 0 && state_of(loop) == SW_LOOP_OWNED)
            return loop;
    }
    return NULL;
}

static int listening_socket(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

START_TEST(three_polls_that_share_a_descriptor)
{
    int shared = new_pipe(), one = new_socket(), two = new_socket();
    ck_assert(!wait_poll(shared, one, -1));
    ck_assert(!wait_poll(two, shared, -1));
    ck_assert_ptr_null(found());
    ck_assert_int_eq(wakes, 0);
    struct pollfd alone = {shared, POLLIN, 0};
    ck_assert(wait_poll_for(&alone, 1, 1));
    ck_assert_ptr_nonnull(found());
    ck_assert_uint_eq(found()->id, 1);
    ck_assert_int_eq(wakes, 1);
    ck_assert_uint_eq(iterations(found()), 1);
    for (int i = 0; i < 5; i++)
        wait_poll(one, shared, two);
    ck_assert_uint_eq(iterations(found()), 6);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 1);
}
END_TEST

START_TEST(three_polls_that_share_none)
{
    for (int i = 0; i < 9; i++)
        ck_assert(!wait_poll(new_pipe(), new_pipe(), -1));
    ck_assert_ptr_null(found());
    ck_assert_int_eq(watches, 0);
}
END_TEST

/* Two at a time share one, but no one is in all three. */
START_TEST(a_chain_is_no_loop)
{
    int a = new_pipe(), b = new_pipe(), c = new_pipe(), d = new_pipe();
    wait_poll(a, b, -1);
    wait_poll(b, c, -1);
    ck_assert(!wait_poll(c, d, -1));
    ck_assert_ptr_null(found());
    int e = new_pipe(), f = new_pipe();
    wait_poll(e, f, -1);
    wait_poll(e, -1, -1);
    ck_assert(!wait_poll(f, -1, -1)); /* the first has it too, but the second has not */
    ck_assert_ptr_null(found());
}
END_TEST

static NOINLINE bool wait_alone(int fd)
{
    struct pollfd alone = {fd, POLLIN, 0};
    bool noted = wait_poll_for(&alone, 1, 1);
    keep_frame++;
    return noted;
}

/* Asking is not waiting: libzmq asks an eventfd so at each of its calls. */
START_TEST(a_librarys_probes_alone_make_no_loop)
{
    int fd = new_pipe();
    sw_process_code.high = 0; /* we are a library */
    for (int i = 0; i < 20; i++)
        ck_assert(!wait_poll(fd, -1, -1));
    ck_assert_ptr_null(found());
    ck_assert_uint_eq(count_loops(SW_LOOP_CANDIDATE), 0);
    for (int i = 0; i < 3; i++)
        wait_alone(fd);
    ck_assert_ptr_nonnull(found());
}
END_TEST

/* A program that has something else to do in each turn. */
START_TEST(a_programs_own_are_its_loop)
{
    int fd = new_pipe();
    ck_assert(sw_process_is_program((uint64_t)(uintptr_t)wait_alone));
    for (int i = 0; i < 3; i++)
        wait_poll(fd, -1, -1);
    ck_assert_ptr_nonnull(found());
}
END_TEST

/* libcurl asks each of its sockets by itself, without waiting, between two waits. */
START_TEST(probes_in_between)
{
    int wakeup = new_pipe(), one = new_socket(), two = new_socket(), three = new_socket();
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(found());
        wait_poll(one, two, wakeup);
        ck_assert_int_eq(wait_poll(one, -1, -1), i == 2);
        wait_poll(two, -1, -1);
    }
    struct sw_loop *loop = found();
    ck_assert_ptr_nonnull(loop);
    wait_poll(three, -1, -1); /* from where the last one was asked */
    wait_poll(wakeup, -1, -1);
    ck_assert_ptr_eq(found(), loop);
    ck_assert(deeper_poll(3, wakeup)); /* its core is what it was */
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 1);
    ck_assert_uint_eq(count_loops(SW_LOOP_CANDIDATE), 0);
}
END_TEST

START_TEST(a_lone_connected_socket_never)
{
    int fd = new_socket();
    for (int i = 0; i < 50; i++)
        ck_assert(!wait_alone(fd));
    ck_assert_ptr_null(found());
    wait_poll(fd, new_pipe(), -1); /* no longer alone */
    ck_assert_ptr_nonnull(found());
}
END_TEST

START_TEST(a_lone_listening_socket)
{
    int fd = listening_socket();
    for (int i = 0; i < 3; i++)
        wait_alone(fd);
    ck_assert_ptr_nonnull(found());
}
END_TEST

/* subprocess.run again and again: its pipes get the same numbers each time. */
START_TEST(a_close_in_between)
{
    for (int round = 0; round < 5; round++) {
        int one = new_pipe(), two = new_pipe();
        ck_assert(!wait_poll(one, two, -1));
        ck_assert(!wait_poll(one, two, -1));
        for (int fd = one; fd <= two + 1; fd++)
            close_noted(fd);
    }
    ck_assert_ptr_null(found());
    ck_assert_int_eq(watches, 0);
}
END_TEST

START_TEST(only_what_stayed_open_is_shared)
{
    int closed = new_pipe(), stays = new_pipe();
    wait_poll(closed, stays, -1);
    wait_poll(closed, stays, -1);
    close_noted(closed);
    int again = new_pipe();
    ck_assert_int_eq(again, closed);
    ck_assert(!wait_poll(again, -1, -1)); /* the number alone is not the descriptor */
    ck_assert_ptr_null(found());
    ck_assert(wait_poll(again, stays, -1));
    ck_assert_ptr_nonnull(found());
}
END_TEST

START_TEST(closing_all_of_the_core_ends_it)
{
    int one = new_pipe(), two = new_pipe();
    for (int i = 0; i < 4; i++)
        wait_poll(one, two, -1);
    struct sw_loop *loop = found();
    close_noted(one);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    ck_assert(wait_poll(-1, two, -1));
    ck_assert_uint_eq(iterations(loop), 3);
    close_noted(two);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_CLOSED);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 0);
    ck_assert(!wait_poll(new_pipe(), -1, -1)); /* decided anew */
    ck_assert_ptr_null(found());
    ck_assert_uint_eq(iterations(loop), 3);
}
END_TEST

static NOINLINE void ask_database(int fd)
{
    struct pollfd ready = {fd, POLLIN, 0};
    wait_poll_for(&ready, 1, 0);
    keep_frame++;
}

/* libpq's poll on its socket in a callback. */
START_TEST(another_poll_inside_is_a_call)
{
    int own = new_pipe(), own_too = new_pipe(), database = new_socket();
    for (int i = 0; i < 4; i++)
        wait_poll(own, own_too, -1);
    struct sw_loop *loop = found();
    for (unsigned i = 1; i <= 5; i++) {
        ask_database(database);
        ck_assert_uint_eq(calls_noted(SW_CALL_poll), i);
    }
    ck_assert_uint_eq(iterations(loop), 2);
    ck_assert_ptr_eq(sw_thread_self->outer, loop);
    ck_assert_uint_eq(atomic_load(&loop->group), 0);
    wait_poll(own, own_too, -1);
    ck_assert_uint_eq(iterations(loop), 3);
    ck_assert_uint_eq(calls_noted(SW_CALL_poll), 0);
}
END_TEST

START_TEST(a_poll_inside_an_epoll_loop_is_a_call)
{
    int epfd = new_epoll(), own = new_pipe();
    for (int i = 0; i < 3; i++)
        wait_epoll(epfd, 0);
    for (int i = 0; i < 5; i++)
        ck_assert(wait_poll(own, -1, -1));
    ck_assert_ptr_eq(sw_thread_self->outer, loop_on(epfd));
    ck_assert_uint_eq(calls_noted(SW_CALL_poll), 5);
    ck_assert_uint_eq(iterations(loop_on(epfd)), 3);
}
END_TEST

/* libzmq asks a descriptor of its own so, in the first iteration already. */
START_TEST(probes_inside_an_epoll_loop)
{
    int epfd = new_epoll(), own = new_pipe();
    wait_epoll(epfd, 0);
    for (int i = 0; i < 5; i++)
        ck_assert(wait_poll(own, -1, -1));
    wait_epoll(epfd, 0);
    ck_assert_ptr_eq(sw_thread_self->outer, loop_on(epfd));
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 1);
    ck_assert_uint_eq(count_loops(SW_LOOP_CANDIDATE), 0);
}
END_TEST

/* A busy loop leaves its usual descriptors out for a while, and is known by where it waits. */
START_TEST(the_same_place_is_the_same_loop)
{
    int usual = new_pipe(), beside = new_pipe(), other = new_pipe();
    for (int i = 0; i < 4; i++)
        wait_poll(usual, beside, -1);
    struct sw_loop *loop = found();
    ck_assert(wait_poll(other, -1, -1));
    ck_assert_uint_eq(iterations(loop), 3);
    ck_assert_uint_eq(calls_noted(SW_CALL_poll), 0);
    ck_assert(deeper_poll(3, new_pipe()));
    ck_assert_uint_eq(iterations(loop), 3);
    ck_assert_uint_eq(calls_noted(SW_CALL_poll), 1);
}
END_TEST

/* Sets without a descriptor are sleeps: on their own nothing, in an iteration calls. */
START_TEST(empty_sets)
{
    struct pollfd none[2] = {{-1, 0, 0}, {-1, 0, 0}};
    for (int i = 0; i < 5; i++) {
        ck_assert(!wait_poll_for(NULL, 0, 0));
        ck_assert(!wait_poll_for(none, 2, 0));
    }
    ck_assert_ptr_null(found());
    ck_assert_uint_eq(count_loops(SW_LOOP_CANDIDATE), 0);
    int epfd = new_epoll();
    wait_epoll(epfd, 0);
    wait_epoll(epfd, 0);
    ck_assert(wait_poll_for(NULL, 0, 0));
    ck_assert(wait_poll_for(none, 2, 0));
    ck_assert_uint_eq(calls_noted(SW_CALL_poll), 2);
}
END_TEST

START_TEST(large_sets)
{
    static struct pollfd fds[1020];
    int own = new_pipe();
    for (int i = 0; i < 1020; i++)
        fds[i] = (struct pollfd){-1, POLLIN, 0};
    fds[1000].fd = own;
    for (int i = 0; i < 4; i++)
        wait_poll_for(fds, 1020, 1);
    ck_assert_ptr_nonnull(found());
    ck_assert_uint_eq(iterations(found()), 2);
    fds[1000].fd = -1;
    fds[3].fd = own; /* it has moved within the set */
    wait_poll_for(fds, 1020, 0);
    ck_assert_uint_eq(iterations(found()), 3);
}
END_TEST

START_TEST(more_descriptors_than_are_kept)
{
    struct pollfd fds[40];
    for (int i = 0; i < 40; i++)
        fds[i] = (struct pollfd){new_pipe(), POLLIN, 0};
    for (int i = 0; i < 4; i++)
        wait_poll_for(fds, 40, 0);
    struct sw_loop *loop = found();
    ck_assert_ptr_nonnull(loop);
    ck_assert_uint_le(loop->core_count, SW_POLL_CORE);
    close_noted(fds[0].fd);
    fds[0].fd = -1;
    wait_poll_for(fds, 40, 0);
    ck_assert_ptr_eq(found(), loop);
    ck_assert_uint_eq(iterations(loop), 3);
}
END_TEST

START_TEST(startup_ends_with_the_tenth_wait)
{
    int own = new_pipe(), other = new_pipe();
    for (int i = 0; i < 9; i++)
        wait_poll(own, other, -1);
    ck_assert_uint_eq(found()->startup, 1);
    wait_poll(own, other, -1);
    ck_assert_uint_eq(found()->startup, 0);
}
END_TEST

/* The watchdog cannot wait for a set that it does not know: each return of such a wait wakes it, if
 * it sleeps. */
START_TEST(a_sleeping_watchdog_is_woken)
{
    int own = new_pipe(), other = new_pipe();
    for (int i = 0; i < 12; i++)
        wait_poll(own, other, -1);
    int before = wakes;
    wait_poll(own, other, -1);
    ck_assert_int_eq(wakes, before);
    atomic_store(&sw_process->watchdog_asleep, 1);
    wait_poll(own, other, -1);
    ck_assert_int_eq(wakes, before + 1);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin_process, NULL);
    tcase_add_test(all, three_polls_that_share_a_descriptor);
    tcase_add_test(all, three_polls_that_share_none);
    tcase_add_test(all, a_chain_is_no_loop);
    tcase_add_test(all, a_librarys_probes_alone_make_no_loop);
    tcase_add_test(all, a_programs_own_are_its_loop);
    tcase_add_test(all, probes_in_between);
    tcase_add_test(all, a_lone_connected_socket_never);
    tcase_add_test(all, a_lone_listening_socket);
    tcase_add_test(all, a_close_in_between);
    tcase_add_test(all, only_what_stayed_open_is_shared);
    tcase_add_test(all, closing_all_of_the_core_ends_it);
    tcase_add_test(all, another_poll_inside_is_a_call);
    tcase_add_test(all, a_poll_inside_an_epoll_loop_is_a_call);
    tcase_add_test(all, probes_inside_an_epoll_loop);
    tcase_add_test(all, the_same_place_is_the_same_loop);
    tcase_add_test(all, empty_sets);
    tcase_add_test(all, large_sets);
    tcase_add_test(all, more_descriptors_than_are_kept);
    tcase_add_test(all, startup_ends_with_the_tenth_wait);
    tcase_add_test(all, a_sleeping_watchdog_is_woken);
    return run_suite(all, "poll_loop");
}
