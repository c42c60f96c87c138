/* src/preload/watch/kernel/kernel_frames.c: what the kernel says of a thread's place in it. */
#include "preload/watch/kernel/kernel_frames.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/kernel.h"

static char names[320];

START_TEST(names_without_the_way_in)
{
    sw_kernel_frames_of_stack("[<0>] hrtimer_nanosleep+0x74/0xf0\n"
                              "[<0>] ext4_read.isra.0+0x3d/0xa0 [ext4]\n"
                              "[<0>] do_syscall_64+0x71/0x280\n"
                              "[<0>] entry_SYSCALL_64_after_hwframe+0x76/0x7e\n",
                              names, sizeof names);
    ck_assert_str_eq(names, "hrtimer_nanosleep\next4_read.isra.0\n");
}
END_TEST

START_TEST(odd_lines)
{
    static const char *const nothing[] = {
        "", "\n\n", "[<0>] \n", "garbage", "[<0>] 0xffffffff\n", "[<0>] a\x1b[31mb+0x1/0x2\n", "]"};
    for (unsigned i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        memset(names, 'x', sizeof names);
        sw_kernel_frames_of_stack(nothing[i], names, sizeof names);
        ck_assert_str_eq(names, "");
    }
    char little[12];
    sw_kernel_frames_of_stack("[<0>] one+0x1/0x2\n[<0>] two_is_too_long+0x1/0x2\n", little,
                              sizeof little);
    ck_assert_str_eq(little, "one\n");
}
END_TEST

static _Atomic int tid;

static void *block(void *unused)
{
    int ends[2];
    char byte;
    (void)unused;
    if (pipe(ends) == 0) {
        tid = sw_kernel_gettid();
        while (read(ends[0], &byte, 1) != 1)
            ;
    }
    return NULL;
}

START_TEST(a_thread_that_blocks)
{
    pthread_t thread;
    pthread_create(&thread, NULL, block, NULL);
    names[0] = '\0';
    for (int i = 0; i < 500 && names[0] == '\0'; i++) {
        usleep(10000);
        if (tid != 0)
            sw_kernel_frames(tid, names, sizeof names);
    }
    ck_assert_msg(strstr(names, "pipe_read") != NULL, "%s", names);
    sw_kernel_frames(1 << 30, names, sizeof names);
    ck_assert_str_eq(names, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_frames");
    TCase *all = tcase_create("all");
    tcase_add_test(all, names_without_the_way_in);
    tcase_add_test(all, odd_lines);
    tcase_add_test(all, a_thread_that_blocks);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
