/* src/preload/watch/sampler.c: the handshake between a thread that goes in and out of calls and the
 * watchdog that wants its registers: never a signal inside a call, no request lost, and the
 * program's own use of our signal goes first. The test's first thread is the watchdog; it is linked
 * with interpose/signals.c. */
#include "preload/watch/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "common/kernel.h"
#include "notes_fixture.h"
#include "preload/interpose/signals.h"

#define MARK    UINT64_C(0x5741544348444f47)
#define ROUNDS  4000
#define SAMPLES 400

/* The thread that is sampled, and what it has to say. */
static struct {
    pthread_t thread;
    struct sw_thread *_Atomic record;
    struct sw_stack_bounds bounds;
    _Atomic bool stop;
    _Atomic(volatile uint64_t *) mark; /* on its stack: MARK, plus one while it is inside a call */
    _Atomic unsigned interrupted, calls;
    bool blocks, in_calls;
    sigset_t pending;
} other;

/* Outside of any iteration. */
static int take(struct sw_thread *thread, const struct sw_stack_bounds *bounds,
                struct sw_unwind_input *input)
{
    uint64_t ticks;
    return sw_sampler_take(thread, bounds, 0, input, &ticks);
}

static void find_bounds(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    other.bounds.low = (uint64_t)(uintptr_t)low;
    other.bounds.high = other.bounds.low + size;
}

/* A wrapped call: a sleep that a signal would end with EINTR, SA_RESTART or not (signal(7)). */
static NOINLINE void call_once(struct sw_thread *record, volatile uint64_t *mark)
{
    struct timespec moment = {0, 1000};
    uint32_t odd = sw_call_open(record);
    *mark = MARK + 1;
    if (sw_kernel3(SYS_nanosleep, (long)&moment, 0, 0) == -EINTR)
        atomic_fetch_add(&other.interrupted, 1);
    *mark = MARK;
    sw_call_close(record, odd);
    atomic_fetch_add(&other.calls, 1);
}

static NOINLINE void compute(unsigned steps)
{
    for (volatile unsigned i = 0; i < steps; i++)
        keep_frame += i;
}

static void *run(void *unused)
{
    volatile uint64_t mark = MARK;
    sigset_t all;
    (void)unused;
    sigfillset(&all);
    if (other.blocks)
        pthread_sigmask(SIG_SETMASK, &all, NULL);
    find_bounds();
    struct sw_thread *record = sw_thread_attach();
    atomic_store(&other.mark, &mark);
    atomic_store(&other.record, record);
    for (unsigned round = 1; !atomic_load(&other.stop); round++) {
        if (other.in_calls)
            call_once(record, &mark);
        compute(round % 8 == 0 ? 40000 : round % 500);
    }
    sigpending(&other.pending);
    return NULL;
}

static void start(void)
{
    ck_assert_int_eq(pthread_create(&other.thread, NULL, run, NULL), 0);
    while (atomic_load(&other.record) == NULL)
        sched_yield();
}

static void stop(void)
{
    atomic_store(&other.stop, true);
    pthread_join(other.thread, NULL);
}

static void setup(void)
{
    begin_process();
    ck_assert(sw_sampler_start(0));
}

/* Samples until there are `wanted`, in a bounded time; returns how many there were. */
static unsigned sample_many(unsigned wanted, struct sw_unwind_input *input)
{
    unsigned got = 0;
    uint64_t end = sw_clock_monotonic_ns() + UINT64_C(10000000000);
    while (got < wanted && sw_clock_monotonic_ns() < end) {
        int result = take(other.record, &other.bounds, input);
        ck_assert_msg(result == 0 || result == -EBUSY || result == -EAGAIN, "%d", result);
        got += result == 0;
        if (result == -EBUSY)
            sched_yield();
    }
    return got;
}

static uint64_t mark_in(const struct sw_unwind_input *input)
{
    uint64_t value = 0;
    size_t offset = (size_t)((uint64_t)(uintptr_t)atomic_load(&other.mark) - input->stack_low);
    ck_assert_uint_le(offset + sizeof value, input->stack_size);
    memcpy(&value, (const char *)input->stack + offset, sizeof value);
    return value;
}

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
        ck_assert_uint_gt(input.reg[SW_REG_RSP], other.bounds.low);
        ck_assert_uint_lt(input.reg[SW_REG_RSP], other.bounds.high);
        ck_assert(input.exact);
        got++;
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
    ck_assert_uint_eq(input.known, (1u << SW_REGISTERS) - 1);
    ck_assert_uint_le(input.stack_low, input.reg[SW_REG_RSP]);
    ck_assert_uint_ge(input.stack_low, input.reg[SW_REG_RSP] - 128); /* the red zone with it */
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
    for (int i = 0; i < 1000 && (result == -EBUSY || result == -EAGAIN); i++)
        result = take(other.record, &other.bounds, &input);
    ck_assert_int_eq(result, -EFAULT);
    ck_assert_uint_eq(input.stack_size, 0);
    ck_assert_uint_gt(input.reg[SW_REG_RSP], other.bounds.high); /* the registers are there */
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
    for (int i = 0; i < 100 && result == -EAGAIN; i++)
        result = sw_sampler_take(other.record, &other.bounds, 5, &input, &ticks);
    ck_assert_int_eq(result, 0);
    ck_assert_uint_gt(ticks, before);
    result = -EAGAIN;
    for (int i = 0; i < 100 && result == -EAGAIN; i++)
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

/* Gives the sampled thread next to nothing of the one CPU that it shares with others. */
static void starve(pthread_t hogs[2])
{
    struct sched_param none = {0};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ck_assert_int_eq(pthread_setaffinity_np(other.thread, sizeof one, &one), 0);
    ck_assert_int_eq(pthread_setschedparam(other.thread, SCHED_IDLE, &none), 0);
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
        while (atomic_load(&other.record->request) != SW_REQUEST_TAKEN &&
               sw_clock_monotonic_ns() < end)
            nanosleep(&rest, NULL);
        uint64_t now = sw_clock_ticks();
        result = sw_sampler_take(other.record, &other.bounds, 0, &input, &ticks);
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
    struct sw_stack_bounds nowhere = {0, 0, false};
    uint64_t ticks;
    start();
    int tid = other.record->tid, result = -EAGAIN;
    for (int i = 0; i < 100 && result != -EFAULT; i++)
        result = sw_sampler_take_other(tid, &nowhere, &input, &ticks);
    ck_assert_int_eq(result, -EFAULT);
    ck_assert_uint_gt(input.reg[SW_REG_RSP], other.bounds.low);
    ck_assert_uint_lt(input.reg[SW_REG_RSP], other.bounds.high);
    for (int i = 0; i < 100 && result != 0; i++)
        result = sw_sampler_take_other(tid, &other.bounds, &input, &ticks);
    ck_assert_int_eq(result, 0);
    ck_assert(mark_in(&input) == MARK);
    ck_assert_uint_eq(atomic_load(&other.record->request), SW_REQUEST_IDLE);
    stop();
    ck_assert_int_lt(sw_sampler_take_other(tid, &other.bounds, &input, &ticks), 0);
}
END_TEST

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
    for (int i = 0; i < 1000 && (result == -EPERM || result == -EAGAIN); i++, sched_yield())
        result = take(other.record, &other.bounds, &input);
    ck_assert_int_eq(result, 0);
    ck_assert(mark_in(&input) == MARK);
    stop();
}
END_TEST

static _Atomic unsigned programs_own;

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
    tcase_add_test(all, a_signal_of_somebody_else);
    tcase_add_test(all, gives_way_to_the_program);
    tcase_add_test(all, signal_takes_it_too);
    tcase_add_test(all, takes_a_free_one);
    tcase_add_test(all, none_is_free);
    tcase_add_test(all, a_thread_that_has_ended);
    return run_suite(all, "sampler");
}
