/* src/preload/watch/sampler/sampler.c: the handshake between a thread that goes in and out of calls
 * and the watchdog that wants its registers: never a signal inside a call, and no request lost. */
#include <sys/resource.h>

#include "preload/notes/mask_change.h"
#include "sampler_fixture.h"

#define ROUNDS  4000
#define SAMPLES 400

START_TEST(never_inside_a_call)
{
    struct sw_unwind_input input;
    unsigned got = 0;
    other.in_calls = true;
    start();
    /* On a busy machine each sample waits for a CPU: as many as there is time for, and not a
     * handful. */
    uint64_t end = sw_clock_monotonic_ns() + UINT64_C(12000000000);
    while ((got < SAMPLES || atomic_load(&other.calls) < ROUNDS) && sw_clock_monotonic_ns() < end) {
        ck_assert_uint_eq(sample_many(1, &input), 1); /* none is lost for good */
        ck_assert(mark_in(&input) == MARK);
        ck_assert_uint_gt(input.reg[SW_REG_SP], other.bounds.low);
        ck_assert_uint_lt(input.reg[SW_REG_SP], other.bounds.high);
        ck_assert(input.exact);
        got++;
        /* The thread is done with this question: it cannot end the next one. */
        if (got % 8 == 0)
            compute(20000);
        ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
    }
    stop();
    ck_assert_uint_gt(got, 2);
    ck_assert_uint_gt(atomic_load(&other.calls), 200);
    ck_assert_uint_eq(other.interrupted, 0);
    ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
}
END_TEST

/* A thread that stands inside a call has its registers noted: it is not even asked. */
START_TEST(a_thread_in_a_call_is_busy)
{
    struct sw_unwind_input input;
    start();
    atomic_store(&other.record->sequence, 7);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(take(other.record, &other.bounds, &input), -EBUSY);
    ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
    atomic_store(&other.record->sequence, 8);
    ck_assert_uint_eq(sample_many(1, &input), 1);
    stop();
}
END_TEST

START_TEST(a_thread_in_an_unwrapped_call_is_busy)
{
    static struct sw_thread record;
    struct sw_unwind_input input;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    start();
    record.in_iteration = 1;
    record.tid = getpid(); /* this thread: inside read(2) of its own /proc file as it looks */
    ck_assert_int_eq(take(&record, &other.bounds, &input), -EBUSY);
    ck_assert_uint_eq(atomic_load(&record.request), SW_REQUEST_IDLE);
    stop();
}
END_TEST

START_TEST(the_stack_as_it_is)
{
    struct sw_unwind_input input;
    start();
    ck_assert_uint_eq(sample_many(1, &input), 1);
    ck_assert_uint_eq(input.known, SW_REG_ALL);
    ck_assert_uint_le(input.stack_low, input.reg[SW_REG_SP]);
    ck_assert_uint_ge(input.stack_low, input.reg[SW_REG_SP] - 128); /* the red zone with it */
    ck_assert_uint_eq(input.stack_low + input.stack_size, other.bounds.high);
    ck_assert(mark_in(&input) == MARK);
    stop();
}
END_TEST

/* A fiber's stack: not a byte outside of the bounds is read. */
START_TEST(a_stack_elsewhere_is_not_copied)
{
    struct sw_unwind_input input;
    start();
    uint64_t high = other.bounds.high;
    other.bounds.high = other.bounds.low + 4096;
    int result = -EBUSY;
    for (int i = 0; i < 4000 && again(result); i++)
        result = take(other.record, &other.bounds, &input);
    ck_assert_int_eq(result, -EFAULT);
    ck_assert_uint_eq(input.stack_size, 0);
    ck_assert_uint_gt(input.reg[SW_REG_SP], other.bounds.high); /* the registers are there */
    other.bounds.high = high;
    ck_assert_uint_eq(sample_many(1, &input), 1);
    stop();
}
END_TEST

/* A pending signal would end a later ppoll that lets it in. */
START_TEST(a_thread_that_blocks_it_is_left_alone)
{
    struct sw_unwind_input input;
    other.blocks = true;
    start();
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(take(other.record, &other.bounds, &input), -EPERM);
    stop();
    ck_assert_int_eq(sigismember(&other.pending, sw_signals_ours()), 0);
    ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
}
END_TEST

/* What was asked for in one iteration is not taken for a sample of another. */
START_TEST(belongs_to_its_iteration)
{
    struct sw_unwind_input input;
    uint64_t ticks = 0, before = sw_clock_ticks();
    int result = -EAGAIN;
    start();
    atomic_store(&other.record->loops[0].busy_since, 5);
    other.record->outer = &other.record->loops[0];
    for (int i = 0; i < 4000 && again(result); i++)
        result = sw_sampler_take(other.record, &other.bounds, 5, &input, &ticks);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_gt(ticks, before);
    result = -EAGAIN;
    for (int i = 0; i < 4000 && (result == -EAGAIN && again(result)); i++)
        result = sw_sampler_take(other.record, &other.bounds, 6, &input, &ticks);
    ck_assert_int_eq(result, -EBUSY);
    stop();
}
END_TEST

static void *keep_busy(void *unused)
{
    (void)unused;
    while (!atomic_load(&other.stop))
        compute(10000);
    return NULL;
}

/* Gives the sampled thread little of the one CPU that it shares with others: slices that are far
 * apart, and come even where the machine is busy with more. */
static void starve(pthread_t hogs[2])
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ck_assert_int_eq(pthread_setaffinity_np(other.thread, sizeof one, &one), 0);
    /* Behind threads that are as nice as can be, only this policy is (sched(7)). */
    struct sched_param none = {0};
    if (getpriority(PRIO_PROCESS, 0) > 10)
        ck_assert_int_eq(sched_setscheduler(other.record->tid, SCHED_IDLE, &none), 0);
    else
        ck_assert_int_eq(setpriority(PRIO_PROCESS, (id_t)other.record->tid, 19), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&hogs[i], NULL, keep_busy, NULL), 0);
        ck_assert_int_eq(pthread_setaffinity_np(hogs[i], sizeof one, &one), 0);
    }
}

/* On a busy machine the answer comes long after the question: it is not thrown away. */
START_TEST(a_late_answer_is_as_good)
{
    struct sw_unwind_input input;
    struct timespec rest = {0, 20000000};
    pthread_t hogs[2];
    unsigned late = 0;
    start();
    starve(hogs);
    uint64_t end = sw_clock_monotonic_ns() + UINT64_C(12000000000);
    while (late < 2 && sw_clock_monotonic_ns() < end) {
        uint64_t ticks = 0;
        int result = take(other.record, &other.bounds, &input);
        if (result != -EAGAIN)
            continue;
        while (atomic_load(&other.record->request) != SW_REQUEST_IDLE &&
               sw_clock_monotonic_ns() < end)
            nanosleep(&rest, NULL);
        uint64_t now = sw_clock_ticks();
        do /* the handler's last word is the slot's */
            result = sw_sampler_take(other.record, &other.bounds, 0, &input, &ticks);
        while (result == -EAGAIN && sw_clock_monotonic_ns() < end);
        if (result == -EAGAIN)
            break;
        ck_assert_int_eq(result, 0);
        ck_assert_uint_lt(ticks, now);
        ck_assert(mark_in(&input) == MARK);
        late++;
    }
    stop();
    pthread_join(hogs[0], NULL);
    pthread_join(hogs[1], NULL);
    ck_assert_uint_gt(late, 0);
}
END_TEST

/* A thread that has no record of ours. */
START_TEST(another_thread)
{
    struct sw_unwind_input input;
    struct sw_stack_bounds nowhere = {0, 0, 0, false};
    uint64_t ticks;
    start();
    int tid = other.record->tid, result = -EAGAIN;
    for (int i = 0; i < 100 && result != -EFAULT; i++)
        result = sw_sampler_take_other(tid, &nowhere, &input, &ticks);
    ck_assert_int_eq(result, -EFAULT);
    ck_assert_uint_gt(input.reg[SW_REG_SP], other.bounds.low);
    ck_assert_uint_lt(input.reg[SW_REG_SP], other.bounds.high);
    for (int i = 0; i < 100 && result != 0; i++)
        result = sw_sampler_take_other(tid, &other.bounds, &input, &ticks);
    ck_assert_int_eq(result, 0);
    ck_assert(mark_in(&input) == MARK);
    ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
    stop();
    ck_assert_int_lt(sw_sampler_take_other(tid, &other.bounds, &input, &ticks), 0);
}
END_TEST

/* The thread ends: the next request fails, and hangs nobody. */
START_TEST(a_thread_that_has_ended)
{
    struct sw_unwind_input input;
    start();
    ck_assert_uint_eq(sample_many(1, &input), 1);
    stop();
    ck_assert_int_lt(take(other.record, &other.bounds, &input), 0);
    ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
}
END_TEST

/* An answer that has come in full is the last that the thread has to say: it used to write once
 * more after it, and so could end the next question, or let a call begin with that one's signal on
 * its way. Asked and looked at as fast as can be. */
START_TEST(nothing_comes_after_an_answer)
{
    struct sw_unwind_input input;
    start();
    for (int i = 0; i < 3000; i++) {
        if (take(other.record, &other.bounds, &input) != 0)
            continue;
        for (int look = 0; look < 200; look++)
            ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
    }
    stop();
}
END_TEST

/* What the watchdog has read of a thread's signal mask is worth nothing once that has changed. */
START_TEST(a_changed_mask_is_no_call)
{
    struct sw_mask_change change;
    struct sw_thread *record = sw_thread_attach();
    record->in_iteration = 1;
    uint32_t sequence = atomic_load(&record->sequence);
    SW_MASK_CHANGE_BEGIN(change, false);
    ck_assert_uint_eq(atomic_load(&record->sequence), sequence);
    sw_mask_change_end(&change);
    ck_assert_uint_eq(atomic_load(&record->mask_changes), 0);
    SW_MASK_CHANGE_BEGIN(change, true);
    ck_assert_uint_eq(atomic_load(&record->sequence), sequence + 1);
    sw_mask_change_end(&change);
    ck_assert_uint_eq(atomic_load(&record->sequence), sequence + 2);
    ck_assert_uint_eq(atomic_load(&record->mask_changes), 1);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 30);
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, never_inside_a_call);
    tcase_add_test(all, a_thread_in_a_call_is_busy);
    tcase_add_test(all, a_thread_in_an_unwrapped_call_is_busy);
    tcase_add_test(all, the_stack_as_it_is);
    tcase_add_test(all, a_stack_elsewhere_is_not_copied);
    tcase_add_test(all, a_thread_that_blocks_it_is_left_alone);
    tcase_add_test(all, belongs_to_its_iteration);
    tcase_add_test(all, a_late_answer_is_as_good);
    tcase_add_test(all, another_thread);
    tcase_add_test(all, a_thread_that_has_ended);
    tcase_add_test(all, nothing_comes_after_an_answer);
    tcase_add_test(all, a_changed_mask_is_no_call);
    return run_suite(all, "sampler");
}
