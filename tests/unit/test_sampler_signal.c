/* src/preload/interpose/signals.c and watch/sampler/sampler_slots.c: the sampling signal is not to
 * be seen, is given up where the program wants it, and never meets a handler that is not ours. */
#include "preload/watch/sampler/sampler_slots.h"
#include "sampler_fixture.h"

/* Somebody's kill(1) with our signal's number, and a value that is none of ours. */
START_TEST(a_signal_of_somebody_else)
{
    union sigval value = {.sival_ptr = (void *)(uintptr_t)5};
    start();
    int number = sw_signals_ours();
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(pthread_kill(other.thread, number), 0);
        value.sival_ptr = (void *)(uintptr_t)i;
        ck_assert_int_eq(pthread_sigqueue(other.thread, number, value), 0);
    }
    struct sw_unwind_input input;
    int result = -EPERM;
    /* While a handler of it runs, the thread blocks it. */
    for (int i = 0; i < 4000 && (result == -EPERM || again(result)); i++, sched_yield())
        result = take(other.record, &other.bounds, &input);
    ck_assert_int_eq(result, 0);
    ck_assert(mark_in(&input) == MARK);
    stop();
}
END_TEST

static _Atomic unsigned programs_own;
static int calls_made;

static void on_programs_own(int number)
{
    (void)number;
    atomic_fetch_add(&programs_own, 1);
}

START_TEST(gives_way_to_the_program)
{
    struct sw_unwind_input input;
    struct sigaction before, wanted;
    int first = sw_signals_ours();
    ck_assert_int_ge(first, SIGRTMIN);
    ck_assert_int_le(first, SIGRTMAX);
    start();
    ck_assert_uint_eq(sample_many(5, &input), 5);
    memset(&wanted, 0, sizeof wanted);
    wanted.sa_handler = on_programs_own;
    ck_assert_int_eq(sigaction(first, NULL, &before), 0);
    ck_assert_ptr_eq(before.sa_handler, SIG_DFL); /* ours is not to be seen */
    ck_assert_int_eq(sw_signals_ours(), first);
    memset(&before, 1, sizeof before);
    ck_assert_int_eq(sigaction(first, &wanted, &before), 0);
    ck_assert_ptr_eq(before.sa_handler, SIG_DFL);
    ck_assert_int_eq(sw_signals_ours(), 0);
    ck_assert_uint_eq(sample_many(20, &input), 20);
    ck_assert_int_ne(sw_signals_ours(), first);
    ck_assert_int_ne(sw_signals_ours(), 0);
    ck_assert_uint_eq(programs_own, 0);
    ck_assert_int_eq(raise(first), 0);
    ck_assert_uint_eq(programs_own, 1);
    ck_assert_int_eq(sigaction(first, NULL, &before), 0);
    ck_assert_ptr_eq(before.sa_handler, on_programs_own);
    stop();
}
END_TEST

START_TEST(signal_takes_it_too)
{
    struct sw_unwind_input input;
    int first = sw_signals_ours();
    start();
    ck_assert_ptr_eq(signal(first, SIG_IGN), SIG_DFL);
    ck_assert_uint_eq(sample_many(5, &input), 5);
    ck_assert_int_ne(sw_signals_ours(), first);
    ck_assert_ptr_eq(signal(first, SIG_DFL), SIG_IGN);
    stop();
}
END_TEST

START_TEST(takes_a_free_one)
{
    int first = sw_signals_ours();
    struct sigaction wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.sa_handler = on_programs_own;
    for (int number = SIGRTMIN + 4; number <= SIGRTMAX; number++)
        ck_assert_int_eq(sigaction(number, &wanted, NULL), 0);
    ck_assert(sw_sampler_start(0));
    ck_assert_int_eq(sw_signals_ours(), SIGRTMIN + 3);
    ck_assert_int_ne(first, SIGRTMIN + 3);
    ck_assert(sw_sampler_start(SIGRTMIN + 9)); /* one that was asked for is taken as it is */
    ck_assert_int_eq(sw_signals_ours(), SIGRTMIN + 9);
}
END_TEST

START_TEST(none_is_free)
{
    struct sigaction wanted;
    struct sw_unwind_input input;
    memset(&wanted, 0, sizeof wanted);
    wanted.sa_handler = on_programs_own;
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        ck_assert_int_eq(sigaction(number, &wanted, NULL), 0);
    start();
    ck_assert_int_eq(take(other.record, &other.bounds, &input), -EPERM);
    stop();
    ck_assert_uint_eq(programs_own, 0);
}
END_TEST

/* To the program our signal has its default action: setting it back to that is nothing to do, and
 * takes no handler away from a signal that is on its way. */
START_TEST(reset_by_the_program)
{
    struct sigaction wanted, before, now;
    struct sw_unwind_input input;
    int number = sw_signals_ours();
    memset(&wanted, 0, sizeof wanted);
    start();
    for (int i = 0; i < 20; i++) {
        memset(&before, 1, sizeof before);
        ck_assert_int_eq(sigaction(number, &wanted, &before), 0);
        ck_assert_ptr_eq(before.sa_handler, SIG_DFL);
        ck_assert_ptr_eq(signal(number, SIG_DFL), SIG_DFL);
        ck_assert_int_eq(sw_signals_ours(), number);
        ck_assert_int_eq(sw_signals_query(number, &now), 0);
        ck_assert_ptr_ne(now.sa_handler, SIG_DFL);
        ck_assert_uint_eq(sample_many(1, &input), 1);
    }
    stop();
}
END_TEST

static long count_raw(long number, const void *wanted, void *previous, long size)
{
    (void)number, (void)wanted, (void)previous, (void)size;
    calls_made++;
    return 0;
}

/* The same made through syscall(2), with arguments that only the kernel has looked at. */
START_TEST(reset_by_a_system_call)
{
    uint64_t action[4] = {0, 0, 0, 0}, before[4] = {1, 1, 1, 1};
    int number = sw_signals_ours();
    ck_assert_int_eq(sw_signals_raw(count_raw, number, action, before, 8), 0);
    ck_assert_int_eq(calls_made, 0);
    ck_assert_uint_eq(before[0] | before[1] | before[2] | before[3], 0);
    ck_assert_int_eq(sw_signals_raw(count_raw, number, (void *)16, before, 8), 0);
    ck_assert_int_eq(sw_signals_raw(count_raw, -1, action, before, 8), 0);
    ck_assert_int_eq(sw_signals_raw(count_raw, 1000, action, before, 8), 0);
    ck_assert_int_eq(calls_made, 3); /* the kernel's to refuse */
    ck_assert_int_eq(sw_signals_ours(), number);
    action[0] = (uint64_t)(uintptr_t)SIG_IGN;
    ck_assert_int_eq(sw_signals_raw(count_raw, number, action, before, 8), 0);
    ck_assert_int_eq(calls_made, 4);
    ck_assert_int_eq(sw_signals_ours(), 0);
}
END_TEST

/* A reset by an instruction, which no wrapper sees: found out before the next signal, and the last
 * of them. */
START_TEST(reset_past_the_wrappers)
{
    uint64_t action[4] = {0, 0, 0, 0};
    struct sw_unwind_input input;
    int number = sw_signals_ours();
    start();
    ck_assert_uint_eq(sample_many(2, &input), 2);
    ck_assert_int_eq(sw_kernel6(SYS_rt_sigaction, number, (long)action, 0, 8, 0, 0), 0);
    ck_assert(!sw_signals_safe(number));
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(take(other.record, &other.bounds, &input), -EPERM);
    ck_assert(sw_signals_distrusted());
    ck_assert_int_eq(sw_signals_ours(), 0);
    stop();
}
END_TEST

static void block_ours(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, sw_signals_ours());
    ck_assert_int_eq(pthread_sigmask(how, &set, NULL), 0);
}

static struct sw_slot *send_to_self(struct sw_thread *record)
{
    struct sw_stack_bounds nowhere = {0, 0, 0, false};
    struct sw_slot *slot = sw_slots_prepare(record->tid, record, &nowhere, 0);
    ck_assert_ptr_nonnull(slot);
    atomic_store(&record->request, SW_REQUEST_SENDING);
    ck_assert(sw_signals_depart(sw_signals_ours()));
    ck_assert_int_eq(sw_slot_send(slot, sw_signals_ours(), 0), 0);
    return slot;
}

/* The program has thrown the signal away: the thread may be asked again, and its calls do not wait
 * for what will never come. One that is pending is not lost. */
START_TEST(a_signal_that_is_lost)
{
    uint64_t ignore[4] = {(uint64_t)(uintptr_t)SIG_IGN, 0, 0, 0};
    struct timespec later = {0, 80000000};
    struct sw_thread *record = sw_thread_attach();
    int number = sw_signals_ours();
    block_ours(SIG_BLOCK);
    struct sw_slot *slot = send_to_self(record);
    nanosleep(&later, NULL);
    ck_assert(!sw_slot_is_lost(slot));
    ck_assert_int_eq(sw_slot_state(slot), SW_SLOT_SENT);
    /* Ignored signals that are pending are dropped (signal(7)). */
    ck_assert_int_eq(sw_kernel6(SYS_rt_sigaction, number, (long)ignore, 0, 8, 0, 0), 0);
    ck_assert(sw_slot_is_lost(slot));
    ck_assert_int_eq(sw_slot_state(slot), SW_SLOT_FREE);
    ck_assert_uint_eq(atomic_load(&record->request), SW_REQUEST_IDLE);
}
END_TEST

/* Before an exec nothing of ours is pending, whatever the thread blocks; if that fails, all is as
 * it was. */
START_TEST(withdrawn_and_given_back)
{
    sigset_t pending;
    struct sw_thread *record = sw_thread_attach();
    int number = sw_signals_ours();
    block_ours(SIG_BLOCK);
    send_to_self(record);
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, number), 1);
    uint64_t before = sw_clock_monotonic_ns();
    ck_assert_int_eq(sw_signals_withdraw(), number);
    ck_assert_uint_lt(sw_clock_monotonic_ns() - before, 50000000);
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, number), 0);
    ck_assert(!sw_signals_depart(number));
    ck_assert_int_eq(sw_signals_ours(), 0);
    sw_signals_restore(number);
    ck_assert_int_eq(sw_signals_ours(), number);
    ck_assert(sw_signals_depart(number));
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 30);
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, a_signal_of_somebody_else);
    tcase_add_test(all, gives_way_to_the_program);
    tcase_add_test(all, signal_takes_it_too);
    tcase_add_test(all, takes_a_free_one);
    tcase_add_test(all, none_is_free);
    tcase_add_test(all, reset_by_the_program);
    tcase_add_test(all, reset_by_a_system_call);
    tcase_add_test(all, reset_past_the_wrappers);
    tcase_add_test(all, a_signal_that_is_lost);
    tcase_add_test(all, withdrawn_and_given_back);
    return run_suite(all, "sampler_signal");
}
