/* src/preload/notes/annotate.c: waits that the program says itself, stretches that may block, and
 * labels; balanced and not. */
#include "preload/notes/annotate.h"

#include <string.h>

#include "notes_fixture.h"

static int first_loop, second_loop; /* their addresses */

static NOINLINE void wait_begin(const void *loop)
{
    struct sw_thread *thread = sw_wait_thread((uint64_t)(uintptr_t)__builtin_dwarf_cfa());
    ck_assert_ptr_nonnull(thread);
    SW_NOTE_REGISTERS(&thread->note.registers);
    sw_annotate_wait_begin(thread, (uint64_t)(uintptr_t)loop);
}

static void wait_end(const void *loop)
{
    sw_annotate_wait_end(sw_thread_self, (uint64_t)(uintptr_t)loop);
}

static void turn(const void *loop)
{
    wait_begin(loop);
    wait_end(loop);
}

static struct sw_loop *loop_of(const void *key)
{
    for (unsigned i = 0; i < SW_LOOPS_PER_THREAD; i++) {
        struct sw_loop *loop = &sw_thread_self->loops[i];
        if (loop->kind == SW_WAIT_CUSTOM && loop->key == (uint64_t)(uintptr_t)key &&
            (state_of(loop) == SW_LOOP_OWNED || state_of(loop) == SW_LOOP_CANDIDATE))
            return loop;
    }
    return NULL;
}

static unsigned notes_left(void)
{
    return atomic_load(&sw_thread_self->ended_head);
}

static const char *label_now(void)
{
    static char label[SW_LABEL_TEXT];
    ck_assert(sw_annotate_label_at(sw_thread_self, sw_clock_ticks(), label));
    return label;
}

static void spend(uint64_t ticks)
{
    uint64_t began = sw_clock_ticks();
    while (sw_clock_ticks() - began < ticks)
        ;
}

START_TEST(two_waits_make_a_loop)
{
    turn(&first_loop);
    ck_assert_uint_eq(count_loops(SW_LOOP_OWNED), 0);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 1);
    wait_begin(&first_loop);
    struct sw_loop *loop = loop_of(&first_loop);
    ck_assert_uint_eq(state_of(loop), SW_LOOP_OWNED);
    ck_assert_uint_eq(atomic_load(&loop->busy_since), 0);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 0);
    wait_end(&first_loop);
    ck_assert_uint_ne(atomic_load(&loop->busy_since), 0);
    ck_assert_uint_eq(iterations(loop), 2);
    ck_assert_int_eq(loop->fd, -1);
}
END_TEST

START_TEST(what_is_waited_for_inside_is_nobodys)
{
    int epfd = new_epoll();
    for (int i = 0; i < 4; i++) {
        wait_begin(&first_loop);
        ck_assert(!wait_epoll(epfd, 0));
        wait_end(&first_loop);
    }
    ck_assert_ptr_null(loop_on(epfd));
    ck_assert_uint_eq(iterations(loop_of(&first_loop)), 4);
    ck_assert(wait_epoll(epfd, 0)); /* between, it is a call */
    ck_assert_uint_eq(calls_noted(SW_CALL_epoll_wait), 1);
}
END_TEST

START_TEST(inside_another_loops_iteration_it_is_a_call)
{
    int epfd = new_epoll();
    wait_epoll(epfd, 0);
    wait_epoll(epfd, 0);
    turn(&first_loop);
    turn(&first_loop);
    ck_assert_uint_eq(calls_noted(SW_CALL_stallwatch_loop_wait), 2);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 1);
    ck_assert_ptr_eq(sw_thread_self->outer, loop_on(epfd));
    wait_epoll(epfd, 0);
    ck_assert_uint_eq(iterations(loop_on(epfd)), 3);
}
END_TEST

START_TEST(unbalanced_waits)
{
    turn(&first_loop);
    turn(&first_loop);
    struct sw_loop *loop = loop_of(&first_loop);
    wait_end(&first_loop);
    wait_end(&second_loop);
    wait_end(NULL);
    ck_assert_uint_eq(iterations(loop), 2);
    wait_begin(&first_loop);
    wait_begin(&first_loop);
    wait_end(&second_loop);
    ck_assert_uint_eq(iterations(loop), 2);
    wait_end(&first_loop);
    ck_assert_uint_eq(iterations(loop), 3);
    /* One that is never ended is given up for the next. */
    wait_begin(&first_loop);
    turn(&second_loop);
    turn(&second_loop);
    ck_assert_uint_eq(iterations(loop_of(&second_loop)), 2);
    ck_assert_ptr_eq(sw_thread_self->outer, loop_of(&second_loop));
    wait_end(&first_loop);
    ck_assert_uint_eq(iterations(loop), 3);
}
END_TEST

START_TEST(allowed_time_is_taken_off)
{
    turn(&first_loop);
    turn(&first_loop);
    struct sw_loop *loop = loop_of(&first_loop);
    uint64_t began = atomic_load(&loop->busy_since);
    set_threshold(20000000);
    sw_annotate_allow_begin(sw_thread_self, "why");
    ck_assert_uint_eq(atomic_load(&loop->busy_since), 0);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 0);
    sw_annotate_allow_begin(sw_thread_self, NULL);
    spend(40000000);
    sw_annotate_allow_end(sw_thread_self);
    ck_assert_uint_eq(atomic_load(&loop->busy_since), 0);
    sw_annotate_allow_end(sw_thread_self);
    ck_assert_uint_ge(atomic_load(&loop->busy_since), began + 40000000);
    ck_assert_uint_eq(sw_thread_self->in_iteration, 1);
    ck_assert_str_eq(sw_thread_self->annotations.why, "why");
    wait_begin(&first_loop);
    ck_assert_uint_eq(notes_left(), 0);
    wait_end(&first_loop);
    ck_assert_uint_lt(loop->busy_longest, 40000000);
    /* What is too long without it stays so. */
    spend(12000000);
    sw_annotate_allow_begin(sw_thread_self, "why");
    sw_annotate_allow_end(sw_thread_self);
    spend(12000000);
    wait_begin(&first_loop);
    ck_assert_uint_eq(notes_left(), 1);
}
END_TEST

START_TEST(unbalanced_stretches)
{
    turn(&first_loop);
    sw_annotate_allow_end(sw_thread_self);
    sw_annotate_allow_begin(sw_thread_self, "for ever");
    set_threshold(1000);
    for (int i = 0; i < 3; i++) {
        turn(&first_loop);
        spend(100000);
    }
    ck_assert_uint_eq(notes_left(), 0);
    uint64_t before = sw_clock_ticks();
    sw_annotate_allow_end(sw_thread_self);
    /* The loop has turned since: its iteration begins here. */
    ck_assert_uint_ge(atomic_load(&loop_of(&first_loop)->busy_since), before);
    sw_annotate_allow_end(sw_thread_self);
    spend(100000);
    wait_begin(&first_loop);
    ck_assert_uint_eq(notes_left(), 1);
}
END_TEST

START_TEST(the_label_in_force_longest)
{
    turn(&first_loop);
    turn(&first_loop);
    ck_assert_str_eq(label_now(), "");
    sw_annotate_label(sw_thread_self, "short");
    spend(100000);
    ck_assert_str_eq(label_now(), "short");
    sw_annotate_label(sw_thread_self, "long");
    spend(3000000);
    sw_annotate_label(sw_thread_self, NULL);
    spend(9000000);
    ck_assert_str_eq(label_now(), "long");
    sw_annotate_label(sw_thread_self, "last");
    ck_assert_str_eq(label_now(), "long");
    set_threshold(1000);
    wait_begin(&first_loop);
    ck_assert_str_eq(sw_thread_self->ended[0].label, "long");
    wait_end(&first_loop);
    ck_assert_str_eq(label_now(), ""); /* another iteration */
}
END_TEST

START_TEST(long_labels_are_cut)
{
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    turn(&first_loop);
    sw_annotate_label(sw_thread_self, text);
    spend(1000);
    ck_assert_uint_eq(strlen(label_now()), SW_LABEL_TEXT - 1);
    sw_annotate_allow_begin(sw_thread_self, text);
    ck_assert_uint_eq(strlen(sw_thread_self->annotations.why), SW_LABEL_TEXT - 1);
    sw_annotate_allow_end(sw_thread_self);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, begin_process, NULL);
    tcase_add_test(all, two_waits_make_a_loop);
    tcase_add_test(all, what_is_waited_for_inside_is_nobodys);
    tcase_add_test(all, inside_another_loops_iteration_it_is_a_call);
    tcase_add_test(all, unbalanced_waits);
    tcase_add_test(all, allowed_time_is_taken_off);
    tcase_add_test(all, unbalanced_stretches);
    tcase_add_test(all, the_label_in_force_longest);
    tcase_add_test(all, long_labels_are_cut);
    return run_suite(all, "annotate");
}
