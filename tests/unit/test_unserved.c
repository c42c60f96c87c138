/* src/preload/watch/calls/unserved.c: which waits of libc's own are for another thread's CPU; that
 * totals.c counts them apart, and cause.c as starvation. Signalling really waits like that only up
 * to glibc 2.40, so what the kernel says of it is made up. */
#include "preload/watch/calls/unserved.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "common/kernel.h"
#include "notes_fixture.h"
#include "preload/notes/clock.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"
#include "preload/watch/calls/totals.h"

#define SIGNALLER 1 /* init: no thread of ours */

static atomic_bool spins, ends;
static pthread_t thread;

static void *spin(void *unused)
{
    (void)unused;
    spins = true;
    while (!ends)
        ;
    return NULL;
}

static void start_spinning(void)
{
    ck_assert_int_eq(pthread_create(&thread, NULL, spin, NULL), 0);
    while (!spins)
        usleep(1000);
}

static void end_spinning(void)
{
    ends = true;
    pthread_join(thread, NULL);
}

static struct sw_syscall_view waits_in(uintptr_t function, int operation)
{
    static int word;
    sw_modules_start();
    sw_memory_forget();
    return (struct sw_syscall_view){.known = true,
                                    .number = SYS_futex,
                                    .argument = {(uintptr_t)&word, (uint64_t)operation},
                                    .sp = (uintptr_t)&word,
                                    .pc = function + 8};
}

/* libc's own, also where a sanitizer stands before it. */
static uintptr_t libcs(const char *name)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    ck_assert_ptr_nonnull(libc);
    return (uintptr_t)dlsym(libc, name);
}

static bool asked(struct sw_syscall_view view)
{
    return sw_unserved_wait(SIGNALLER, &view);
}

/* Under valgrind, threads that compute take turns, by a pipe. */
static bool asked_often(struct sw_syscall_view view)
{
    for (int i = 0; i < 1000; i++)
        if (asked(view))
            return true;
    return false;
}

START_TEST(only_what_signals)
{
    start_spinning();
    ck_assert(asked_often(waits_in(libcs("pthread_cond_signal"), FUTEX_WAIT_PRIVATE)));
    ck_assert(asked_often(waits_in(libcs("pthread_cond_broadcast"), FUTEX_WAIT_PRIVATE)));
    ck_assert(!asked(waits_in(libcs("pthread_mutex_lock"), FUTEX_WAIT_PRIVATE)));
    ck_assert(!asked(waits_in((uintptr_t)spin, FUTEX_WAIT_PRIVATE)));
    ck_assert(!asked(waits_in(libcs("pthread_cond_signal"), FUTEX_WAIT)));
    struct sw_syscall_view view = waits_in(libcs("pthread_cond_signal"), FUTEX_WAIT_PRIVATE);
    view.running = true;
    ck_assert(!asked(view));
    end_spinning();
}
END_TEST

/* A waiter that does not leave, since it is in a signal handler which sleeps, has its CPU. */
START_TEST(only_while_another_is_ready)
{
    ck_assert(!asked(waits_in(libcs("pthread_cond_signal"), FUTEX_WAIT_PRIVATE)));
}
END_TEST

START_TEST(is_no_lock)
{
    static struct sw_watch watch;
    static struct sw_totals totals;
    begin_process();
    struct sw_thread *self = sw_thread_attach();
    struct sw_syscall_view view = waits_in(libcs("pthread_cond_signal"), FUTEX_WAIT_PRIVATE);
    start_spinning();
    for (int i = 0; i < 1000 && watch.outside[0].unserved == 0; i++) {
        watch = (struct sw_watch){.open = true, .tid = SIGNALLER};
        sw_totals_note_outside(&watch, &view, 1000);
        sw_totals_note_outside(&watch, &view, 1400);
    }
    end_spinning();
    sw_totals_end_outside(&watch, 1500);
    sw_totals_live(self, &watch, 1500, &totals);
    ck_assert_uint_eq(totals.unserved, 500);
    ck_assert_uint_eq(totals.lock, 0);
    ck_assert_uint_eq(totals.count, 1);
    ck_assert_str_eq(totals.calls[0].name, "futex");
    sw_totals_note_outside(&watch, &view, 1700); /* nobody else is ready any more */
    sw_totals_live(self, &watch, 1700, &totals);
    ck_assert_uint_eq(totals.unserved, 500);
    ck_assert_uint_eq(totals.lock, 300);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unserved");
    TCase *all = tcase_create("all");
    tcase_add_test(all, only_what_signals);
    tcase_add_test(all, only_while_another_is_ready);
    tcase_add_test(all, is_no_lock);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
