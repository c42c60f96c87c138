/* src/preload/notes/loop.c and loop_close.c, on real descriptors: when a loop is over (its
 * descriptor closed, a fork, its thread's end), and waits that are left by a jump or interrupted by
 * a handler's own. */
#include "preload/notes/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/wait.h>

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

static NOINLINE void read_in_iteration(int fd)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, fd, 0, 0);
    SW_CALL_END(call);
    keep_frame++;
}

START_TEST(closing_ends_a_loop)
{
    struct sw_loop *loop = waited(epfd, 3);
    close_noted(epfd);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_CLOSED);
    ck_assert_uint_ne(atomic_load(&loop->closed_at), 0);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 0);
    read_in_iteration(3);
    ck_assert_uint_eq(calls_noted(SW_CALL_read), 0);
}
END_TEST

/* asyncio.run twice: the kernel gives out the lowest free number, the old loop's. */
START_TEST(a_reopened_number_is_another_loop)
{
    struct sw_loop *old = waited(epfd, 3);
    close_noted(epfd);
    ck_assert_int_eq(new_epoll(), epfd);
    ck_assert(wait_epoll(epfd, 0));
    struct sw_loop *loop = loop_on(epfd);
    ck_assert_ptr_ne(loop, old);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_CANDIDATE);
    ck_assert_uint_eq(state_of(old),
                      SW_LOOP_CLOSED); /* its last iteration is still to be told of */
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(loop->id, 2);
    ck_assert_uint_eq(iterations(loop), 2);
    ck_assert_uint_eq(iterations(old), 3);
}
END_TEST

START_TEST(a_closed_candidate_leaves_nothing)
{
    for (int i = 0; i < 20;
         i++) { /* one wait each, as a library that makes a descriptor for every question */
        int fd = new_epoll();
        ck_assert_ptr_nonnull(waited(fd, 1));
        close_noted(fd);
        ck_assert_ptr_null(loop_on(fd));
    }
    ck_assert_uint_eq(sw_process->loops_found, 0);
    ck_assert_uint_eq(count_loops(SW_LOOP_CANDIDATE) + count_loops(SW_LOOP_CLOSED), 0);
}
END_TEST

static void *close_elsewhere(void *unused)
{
    (void)unused;
    close_noted(epfd);
    return NULL;
}

START_TEST(another_thread_may_close_it)
{
    pthread_t thread;
    struct sw_loop *loop = waited(epfd, 3);
    ck_assert_int_eq(pthread_create(&thread, NULL, close_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_CLOSED);
    ck_assert(
        !sw_wait_is_usual(sw_thread_self, epfd)); /* although nothing of this thread has changed */
    ck_assert_int_eq(new_epoll(), epfd);
    wait_epoll(epfd, 0);
    ck_assert_ptr_eq(sw_thread_self->outer, loop_on(epfd));
    ck_assert_ptr_ne(sw_thread_self->outer, loop);
    ck_assert_uint_eq(iterations(loop), 3);
}
END_TEST

START_TEST(places_are_used_again)
{
    int fds[12];
    for (int i = 0; i < 12; i++) {
        fds[i] = new_epoll();
        struct sw_loop *loop = waited(fds[i], 3);
        ck_assert_uint_eq(loop->id, (unsigned)i + 1);
        ck_assert_uint_eq(iterations(loop), 3);
        close_noted(fds[i]);
    }
    ck_assert_uint_le(sw_thread_self->loops_used, SW_LOOPS_PER_THREAD);
}
END_TEST

/* Candidates that were waited for once, and never closed, give way; loops do not. */
START_TEST(candidates_give_way)
{
    struct sw_loop *outer = waited(epfd, 2);
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_nonnull(waited(new_epoll(), 1));
    ck_assert_uint_eq(state_of(outer), SW_LOOP_OWNED);
    ck_assert_ptr_eq(loop_on(epfd), outer);
    for (int i = 0; i < SW_LOOPS_PER_THREAD - 1; i++)
        ck_assert_uint_eq(state_of(waited(new_epoll(), 2)), SW_LOOP_OWNED);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), SW_LOOPS_PER_THREAD);
    int one_more = new_epoll();
    uint32_t calls = calls_noted(SW_CALL_epoll_wait);
    ck_assert_ptr_null(waited(one_more, 2)); /* no place for it: nested waits all the same */
    ck_assert_uint_eq(calls_noted(SW_CALL_epoll_wait), calls + 2);
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(iterations(outer), 3);
}
END_TEST

static sigjmp_buf back;

static NOINLINE void wait_and_jump(void)
{
    struct sw_wait wait;
    SW_EPOLL_BEGIN(wait, SW_CALL_epoll_wait, epfd, 0);
    ck_assert_ptr_nonnull(wait.thread);
    siglongjmp(back, 1);
}

/* Returns whether the wait after the jump, from the same function, was noted. */
static NOINLINE bool jump_and_wait(void)
{
    if (sigsetjmp(back, 0) == 0)
        wait_and_jump();
    ck_assert_uint_eq(atomic_load(&sw_thread_self->sequence) & 1, 1);
    bool noted = wait_epoll(epfd, 0);
    keep_frame++;
    return noted;
}

START_TEST(a_jump_out_of_the_wait)
{
    struct sw_loop *loop = waited(epfd, 3);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(jump_and_wait());
        ck_assert_uint_eq(atomic_load(&sw_thread_self->sequence) & 1, 0);
        ck_assert_uint_eq(iterations(loop), 4 + i);
    }
}
END_TEST

/* A handler that comes in the loop's wait, below the kernel's signal frame, and waits itself. */
static NOINLINE bool handle(int levels, int fd)
{
    volatile char room[300];
    room[0] = (char)levels;
    bool noted = levels > 0 ? handle(levels - 1, fd) : wait_epoll(fd, 0);
    keep_frame += (unsigned)room[0];
    return noted;
}

START_TEST(a_handlers_wait_within_the_wait)
{
    struct sw_loop *loop = waited(epfd, 3);
    int other = new_epoll();
    struct sw_wait wait;
    SW_EPOLL_BEGIN(wait, SW_CALL_epoll_wait, epfd, 0);
    ck_assert_uint_eq(atomic_load(&loop->busy_since), 0);
    ck_assert(!handle(4, other));
    ck_assert(!handle(4, epfd));
    ck_assert_uint_eq(atomic_load(&loop->busy_since), 0);
    SW_WAIT_END(wait, 0);
    ck_assert_uint_eq(iterations(loop), 4);
    ck_assert_uint_ne(atomic_load(&loop->busy_since), 0);
}
END_TEST

static void run_as_child(void)
{
    ck_assert_int_eq(sw_thread_self->tid, 0); /* wiped by the kernel, not yet made anew */
    ck_assert(!sw_process_is_ours());
    close_noted(new_pipe());
    waited(epfd, 1);
    ck_assert_int_eq(sw_thread_self->tid, getpid());
    ck_assert(sw_process_is_ours());
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 0);
    ck_assert_uint_eq(iterations(loop_on(epfd)), 1);
    ck_assert_int_eq(watches, 3); /* a watchdog of its own is asked for */
    waited(epfd, 1);
    ck_assert_uint_eq(loop_on(epfd)->id, 1);
    ck_assert_uint_eq(sw_process->loops_found, 1);
}

START_TEST(a_forked_child_starts_clean)
{
    int status;
    struct sw_loop *loop = waited(epfd, 5);
    ck_assert_int_eq(watches, 2);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        run_as_child();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    ck_assert_uint_eq(iterations(loop), 5);
    ck_assert_int_eq(sw_process->pid, getpid());
}
END_TEST

/* A child of vfork(2) closes everything before its exec, in our memory: the loop stays. */
START_TEST(a_vforked_childs_closes_do_not_count)
{
    struct sw_loop *loop = waited(epfd, 3);
    sw_process->pid++; /* what the comparison in such a child sees */
    sw_loop_descriptor_closed(epfd);
    sw_process->pid--;
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    ck_assert_uint_eq(SW_CLOSES_MATTER(epfd), 1);
}
END_TEST

static void *loop_of_a_thread(void *record)
{
    int fd = new_epoll();
    struct sw_loop *loop = waited(fd, 3);
    ck_assert_uint_eq(iterations(loop), 3);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 1); /* nothing of an earlier thread's */
    *(struct sw_thread **)record = sw_thread_self;
    close(fd);
    return NULL;
}

START_TEST(records_are_reused)
{
    struct sw_thread *first = NULL, *second = NULL, *third = NULL;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, loop_of_a_thread, &first), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, loop_of_a_thread, &second), 0);
    pthread_join(thread, NULL);
    ck_assert_ptr_ne(first, second);
    sw_thread_release(first);
    ck_assert_int_eq(first->tid, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, loop_of_a_thread, &third), 0);
    pthread_join(thread, NULL);
    ck_assert_ptr_eq(first, third);
    ck_assert_uint_eq(sw_thread_count(), 2);
}
END_TEST

START_TEST(a_passive_process_notes_nothing)
{
    sw_process_passive = true;
    ck_assert(!wait_epoll(epfd, 0));
    ck_assert_ptr_null(sw_thread_self);
    ck_assert_int_eq(watches, 0);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, closing_ends_a_loop);
    tcase_add_test(all, a_reopened_number_is_another_loop);
    tcase_add_test(all, a_closed_candidate_leaves_nothing);
    tcase_add_test(all, another_thread_may_close_it);
    tcase_add_test(all, places_are_used_again);
    tcase_add_test(all, candidates_give_way);
    tcase_add_test(all, a_jump_out_of_the_wait);
    tcase_add_test(all, a_handlers_wait_within_the_wait);
    tcase_add_test(all, a_forked_child_starts_clean);
    tcase_add_test(all, a_vforked_childs_closes_do_not_count);
    tcase_add_test(all, records_are_reused);
    tcase_add_test(all, a_passive_process_notes_nothing);
    return run_suite(all, "loop_ends");
}
