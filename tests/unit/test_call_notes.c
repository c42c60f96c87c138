/* src/preload/notes/call.h: when a call is noted, calls within calls, and calls that are left by a
 * jump. */
#include "preload/notes/call.h"

#include <setjmp.h>
#include <string.h>

#include "notes_fixture.h"

static struct sw_thread *self;

#define reads noted(SW_CALL_read)

static void setup(void)
{
    self = begin_iteration();
}

static NOINLINE bool read_noted(int fd)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, fd, 0, 0);
    bool was_noted = call.thread != NULL;
    ck_assert(!was_noted || (atomic_load(&self->sequence) & 1));
    SW_CALL_END(call);
    keep_frame++;
    return was_noted;
}

START_TEST(only_inside_an_iteration)
{
    self->in_iteration = 0;
    ck_assert(!read_noted(3));
    ck_assert_uint_eq(reads->count, 0);
    self->in_iteration = 1;
    ck_assert(read_noted(3));
    ck_assert_uint_eq(reads->count, 1);
    ck_assert_uint_eq(reads->argument[0], 3);
    ck_assert_uint_eq(atomic_load(&self->sequence) & 1, 0);
    sw_thread_self = NULL; /* a thread that never waited */
    ck_assert(!read_noted(3));
}
END_TEST

/* As libc's own call through a module within getaddrinfo(3): deeper by a few frames. */
static NOINLINE bool read_deeper(int levels, int fd)
{
    volatile char room[128];
    room[0] = (char)levels;
    bool was_noted = levels > 0 ? read_deeper(levels - 1, fd) : read_noted(fd);
    keep_frame += (unsigned)room[0];
    return was_noted;
}

static NOINLINE void name_with_read_inside(void)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_getaddrinfo, "host", "port", 0);
    uint32_t sequence = atomic_load(&self->sequence);
    ck_assert(!read_deeper(8, 5));
    ck_assert_uint_eq(atomic_load(&self->sequence), sequence);
    SW_CALL_END(call);
    keep_frame++;
}

START_TEST(calls_within_a_call_belong_to_it)
{
    name_with_read_inside();
    ck_assert_uint_eq(noted(SW_CALL_getaddrinfo)->count, 1);
    ck_assert_uint_eq(reads->count, 0);
    ck_assert(read_noted(5));
    ck_assert_uint_eq(reads->count, 1);
}
END_TEST

static sigjmp_buf back;

static NOINLINE void read_and_jump(int levels)
{
    volatile char room[128];
    room[0] = (char)levels;
    if (levels > 0) {
        read_and_jump(levels - 1);
        keep_frame += (unsigned)room[0];
        return;
    }
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_write, 4, 0, 0);
    ck_assert_ptr_nonnull(call.thread);
    siglongjmp(back, 1);
}

START_TEST(a_jump_out_discards)
{
    if (sigsetjmp(back, 0) == 0)
        read_and_jump(8);
    ck_assert_uint_eq(atomic_load(&self->sequence) & 1, 1);
    ck_assert(read_noted(6));
    ck_assert_uint_eq(reads->count, 1);
    ck_assert_uint_eq(calls_noted(SW_CALL_write), 0);
    ck_assert_uint_eq(atomic_load(&self->sequence) & 1, 0);
}
END_TEST

/* One frame sets the jump and makes both calls, as a read with an alarm around it does. */
static NOINLINE bool read_that_may_jump(int fd, bool jump)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, fd, 0, 0);
    bool was_noted = call.thread != NULL;
    if (jump)
        siglongjmp(back, 1);
    SW_CALL_END(call);
    return was_noted;
}

START_TEST(a_jump_to_the_caller_discards)
{
    volatile bool was_noted = false;
    if (sigsetjmp(back, 0) == 0)
        was_noted = read_that_may_jump(3, true);
    was_noted = read_that_may_jump(4, false);
    ck_assert(was_noted);
    ck_assert_uint_eq(reads->count, 1);
    ck_assert_uint_eq(reads->argument[0], 4);
}
END_TEST

START_TEST(a_stack_far_away_is_another)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, 3, 0, 0);
    self->note.registers.sp -= UINT64_C(64) << 20; /* as if the call were made on a stack below */
    ck_assert(!read_noted(4));
    SW_CALL_END(call);
    ck_assert_uint_eq(reads->count, 1);
    ck_assert_uint_eq(reads->argument[0], 3);
}
END_TEST

/* Another call has discarded this one meanwhile, or the process forked: nothing is counted, nor
 * closed. */
START_TEST(an_overtaken_call_counts_nothing)
{
    struct sw_call call;
    SW_CALL_BEGIN(call, SW_CALL_read, 3, 0, 0);
    atomic_fetch_add(&self->sequence, 2);
    uint32_t sequence = atomic_load(&self->sequence);
    SW_CALL_END(call);
    ck_assert_uint_eq(reads->count, 0);
    ck_assert_uint_eq(atomic_load(&self->sequence), sequence);
}
END_TEST

static NOINLINE uint64_t sum(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    keep_frame++;
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}

/* As a wrapper does, with its arguments where they came in. */
static NOINLINE uint64_t sum_noted(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                                   uint64_t f)
{
    uint32_t noted = SW_CALL_ENTER(self);
    uint64_t result = sum(a, b, c, d, e, f);
    ck_assert_uint_eq(noted & 1, 1);
    return (uint64_t)sw_call_over((long)result, self, noted, false);
}

START_TEST(arguments_stay_where_they_are)
{
    for (int way = 0; way < 3; way++) {
        self->clock_is_tsc = way == 1 ? 0 : sw_clock_is_tsc;
        atomic_store(&self->request, way == 2 ? SW_REQUEST_ASKED : SW_REQUEST_IDLE);
        sw_call_say(self, SW_CALL_read, 3, 0, 0);
        self->note.entered = 0;
        uint64_t sp = (uint64_t)(uintptr_t)__builtin_frame_address(0);
        ck_assert_uint_eq(sum_noted(1, 10, 100, 1000, 10000, 100000), 654321);
        ck_assert_uint_ne(self->note.entered, 0);
        ck_assert(sp - self->note.registers.sp < 4096); /* below us, not far */
        ck_assert_uint_eq(atomic_load(&self->sequence) & 1, 0);
        ck_assert_uint_eq(atomic_load(&self->request), SW_REQUEST_IDLE);
        ck_assert_uint_eq(reads->count, way + 1);
    }
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, only_inside_an_iteration);
    tcase_add_test(all, calls_within_a_call_belong_to_it);
    tcase_add_test(all, a_jump_out_discards);
    tcase_add_test(all, a_jump_to_the_caller_discards);
    tcase_add_test(all, a_stack_far_away_is_another);
    tcase_add_test(all, an_overtaken_call_counts_nothing);
    tcase_add_test(all, arguments_stay_where_they_are);
    return run_suite(all, "call_notes");
}
