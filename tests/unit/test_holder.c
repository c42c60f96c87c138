/* src/preload/watch/holder/holder.c: a holder that ends before a look has been the holder. The
 * children are real, the wait for them is not. */
#include "preload/watch/holder/holder.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notes_fixture.h"
#include "preload/watch/kept/memory_pool.h"

static struct sw_thread *self;
static struct sw_watch watch;

static void setup(void)
{
    self = begin_iteration();
    sw_pool_start();
}

/* A look at a thread that has been seen before in a wait for `child`, by an instruction of its own.
 */
static const struct sw_held *look_at_wait_for(pid_t child)
{
    struct sw_syscall_view view = {
        .known = true, .number = SYS_wait4, .argument = {(uint64_t)child}, .sp = 4096};
    watch.outside[0].number = SYS_wait4;
    watch.outside[0].total = 1;
    sw_holder_note(self, &watch, &view, sw_clock_ticks());
    return sw_holder_of(&watch, "wait4");
}

static pid_t start_child(void)
{
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    ck_assert_int_gt(child, 0);
    return child;
}

/* Ended, and not waited for. */
static void end_child(pid_t child)
{
    siginfo_t info;
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
}

START_TEST(a_child_that_has_gone_was_the_holder)
{
    pid_t child = start_child();
    const struct sw_held *held = look_at_wait_for(child);
    ck_assert_ptr_nonnull(held);
    ck_assert_int_eq(held->tid, child);
    ck_assert_ptr_nonnull(strstr(held->command, "test_holder"));
    end_child(child);
    look_at_wait_for(child);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    held = look_at_wait_for(child);
    ck_assert_ptr_nonnull(held);
    ck_assert_int_eq(held->tid, child);
    ck_assert_str_ne(held->name, "");
    ck_assert_ptr_nonnull(strstr(held->command, "test_holder"));
    ck_assert_ptr_null(sw_holder_of(&watch, "read"));
}
END_TEST

START_TEST(one_that_was_never_seen_is_nobody)
{
    pid_t child = start_child();
    end_child(child);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_ptr_null(look_at_wait_for(child));
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("holder");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, a_child_that_has_gone_was_the_holder);
    tcase_add_test(all, one_that_was_never_seen_is_nobody);
    return run_suite(all, "holder");
}
