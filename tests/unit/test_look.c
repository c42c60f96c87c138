/* src/preload/watch/look.c, where the loop goes on in the middle of a look: what the watch knows of
 * an iteration is told with its end, and a loop that went on is not taken for one that waits. The
 * rooms that judge are here, and let the loop go on at the moment that a test is about; what would
 * be told is kept. */
#include "preload/watch/look.h"

#include "notes_fixture.h"
#include "preload/watch/whose/ownership.h"
#include "preload/watch/whose/parks.h"
#include "preload/watch/samples/samples.h"
#include "preload/watch/tell/tell.h"

#define MS           UINT64_C(1000000)
#define THRESHOLD_MS 8

static struct sw_watch watch;
static struct sw_wait wait;
static int epfd;
static void (*before_reading)(void), (*after_reading)(void); /* the loop's word that it is busy */
static unsigned told;
static bool told_of_watched;
static enum sw_stall_state told_state;

static void once(void (**what)(void))
{
    void (*now)(void) = *what;
    *what = NULL;
    if (now != NULL)
        now();
}

void sw_ownership_want_base(struct sw_thread *thread, const struct sw_watch *of, unsigned index)
{
    (void)thread, (void)of, (void)index;
    once(&before_reading);
}

uint64_t sw_parks_began(const struct sw_thread *thread, uint64_t since)
{
    (void)thread;
    once(&after_reading);
    return since;
}

void sw_tell_stall(struct sw_thread *thread, struct sw_watch *of, const struct sw_ended *ended,
                   uint64_t now, enum sw_stall_state state)
{
    (void)thread, (void)ended, (void)now;
    told++;
    told_of_watched = of->open && of->first.valid;
    told_state = state;
}

void sw_tell_due(struct sw_thread *thread, struct sw_watch *of, uint64_t now, uint64_t age_ns,
                 bool first)
{
    (void)thread, (void)of, (void)now, (void)age_ns, (void)first;
}

void sw_samples_begin(struct sw_watch *of)
{
    of->sample_count = 0;
}

void sw_samples_step(struct sw_thread *thread, struct sw_watch *of, uint64_t age_ns,
                     const struct sw_syscall_view *view)
{
    (void)thread, (void)of, (void)age_ns, (void)view;
}

enum sw_ownership sw_ownership_judge(struct sw_thread *thread, struct sw_watch *of,
                                     const struct sw_sample *sample)
{
    (void)thread, (void)of, (void)sample;
    return SW_OWNERSHIP_HOLDS;
}

const struct sw_unwind_stack *sw_ownership_base(struct sw_thread *thread, struct sw_watch *of,
                                                unsigned index)
{
    (void)thread, (void)of, (void)index;
    return NULL;
}

unsigned sw_ownership_first(const struct sw_unwind_stack *stack)
{
    (void)stack;
    return 0;
}

bool sw_ownership_is_transparent(const struct sw_unwind_frame *frame)
{
    (void)frame;
    return false;
}

const struct sw_language_stack *sw_ownership_language(const struct sw_thread *thread,
                                                      const struct sw_watch *of, unsigned index)
{
    (void)thread, (void)of, (void)index;
    return NULL;
}

void sw_ownership_read_language(struct sw_thread *thread, struct sw_watch *of, unsigned index)
{
    (void)thread, (void)of, (void)index;
}

bool sw_ownership_want_language(struct sw_thread *thread, struct sw_watch *of, unsigned index)
{
    (void)thread, (void)of, (void)index;
    return false;
}

bool sw_parks_part(const struct sw_thread *thread, struct sw_ended *ended)
{
    (void)thread, (void)ended;
    return true;
}

void sw_parks_take_out(const struct sw_thread *thread, struct sw_call_slot *slot)
{
    (void)thread, (void)slot;
}

void sw_parks_judge(struct sw_thread *thread, struct sw_watch *of)
{
    (void)thread, (void)of;
}

bool sw_parks_judge_again(struct sw_thread *thread, struct sw_watch *of)
{
    (void)thread, (void)of;
    return false;
}

bool sw_parks_never(struct sw_thread *thread, struct sw_watch *of, unsigned index)
{
    (void)thread, (void)of, (void)index;
    return false;
}

/* A loop that has been found, and a watchdog that has looked at it. */
static void setup(void)
{
    begin_process();
    sw_process_settings.threshold_ns = THRESHOLD_MS * MS;
    epfd = new_epoll();
    for (int i = 0; i < 3; i++)
        wait_epoll(epfd, 0);
    set_threshold(sw_clock_ns_to_ticks(THRESHOLD_MS * MS));
}

static struct sw_look look(void)
{
    return sw_look_at(sw_thread_self, &watch, sw_clock_ticks());
}

/* Into the loop's wait, and out of it. */
static void enter(void)
{
    SW_EPOLL_BEGIN(wait, SW_CALL_epoll_wait, epfd, -1);
}

static void leave(void)
{
    SW_WAIT_END(wait, 0);
}

static void turn(void)
{
    enter();
    leave();
}

/* An iteration that has been looked at, and has come to be a stall. */
static void stall(void)
{
    turn();
    ck_assert_int_eq(usleep(THRESHOLD_MS * 500), 0);
    ck_assert(!look().idle);
    ck_assert(watch.open && watch.first.valid);
    ck_assert_int_eq(usleep(THRESHOLD_MS * 1000), 0);
    ck_assert_uint_eq(told, 0);
}

static void it_is_told_as_watched(enum sw_stall_state state)
{
    look();
    ck_assert_uint_eq(told, 1);
    ck_assert(told_of_watched);
    ck_assert_int_eq(told_state, state);
}

START_TEST(a_stall_is_told_as_it_was_seen)
{
    stall();
    enter();
    it_is_told_as_watched(SW_STALL_ENDED);
}
END_TEST

START_TEST(one_that_ends_in_a_look_too)
{
    stall();
    before_reading = enter;
    look();
    it_is_told_as_watched(SW_STALL_ENDED);
}
END_TEST

START_TEST(and_one_after_which_the_loop_goes_on_in_it)
{
    stall();
    before_reading = turn;
    look();
    it_is_told_as_watched(SW_STALL_ENDED);
}
END_TEST

START_TEST(or_when_the_loops_word_has_been_read)
{
    stall();
    after_reading = enter;
    ck_assert(!look().idle); /* at once again */
    it_is_told_as_watched(SW_STALL_ENDED);
}
END_TEST

static void close_loop(void)
{
    close_noted(epfd);
}

START_TEST(the_loop_may_be_closed_in_it)
{
    stall();
    before_reading = close_loop;
    look();
    it_is_told_as_watched(SW_STALL_EXITING);
}
END_TEST

START_TEST(a_loop_that_waits_is_idle)
{
    enter();
    look();
    ck_assert(look().idle);
    ck_assert_ptr_eq(watch.idle_loop, loop_on(epfd));
    ck_assert_uint_eq(watch.idle_iteration, iterations(loop_on(epfd)));
}
END_TEST

/* The watchdog asks, before it sleeps, whether a loop's number is another than it saw in the wait.
 */
START_TEST(one_that_goes_on_in_a_look_is_not)
{
    enter();
    look();
    after_reading = leave;
    look();
    ck_assert_uint_ne(watch.idle_iteration, iterations(loop_on(epfd)));
}
END_TEST

/* In a call for longer than the threshold, from a place of this verdict; and the process ends. */
static void end_in_call(enum sw_park_verdict verdict)
{
    struct sw_call call;
    struct sw_thread *thread = sw_thread_self;
    turn();
    sw_call_begin(&call, thread, SW_CALL_futex, 0, 0, 0);
    thread->park_site = 1;
    thread->park_sequence = call.sequence;
    atomic_store(&thread->parks[0].verdict, verdict);
    ck_assert_int_eq(usleep(THRESHOLD_MS * 1500), 0);
    sw_look_last(thread, &watch, sw_clock_ticks());
}

START_TEST(a_call_that_the_end_comes_in_is_told)
{
    end_in_call(SW_PARK_NO);
    ck_assert_uint_eq(told, 1);
    ck_assert_int_eq(told_state, SW_STALL_EXITING);
}
END_TEST

/* That it parks has turned out while it did. */
START_TEST(but_who_parks_has_nothing_to_end)
{
    end_in_call(SW_PARK_YES);
    ck_assert_uint_eq(told, 0);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("look");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, a_stall_is_told_as_it_was_seen);
    tcase_add_test(all, one_that_ends_in_a_look_too);
    tcase_add_test(all, and_one_after_which_the_loop_goes_on_in_it);
    tcase_add_test(all, or_when_the_loops_word_has_been_read);
    tcase_add_test(all, the_loop_may_be_closed_in_it);
    tcase_add_test(all, a_loop_that_waits_is_idle);
    tcase_add_test(all, one_that_goes_on_in_a_look_is_not);
    tcase_add_test(all, a_call_that_the_end_comes_in_is_told);
    tcase_add_test(all, but_who_parks_has_nothing_to_end);
    return run_suite(all, "look");
}
