/* Reads that cannot fault: across pages, into holes, past the end of a file; blocks; the way
 * without process_vm_readv. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/stack/memory.h"

#define PAGE 4096

static int through_file; /* the loop tests' argument: 1 is without process_vm_readv */

static uint8_t *pages(size_t count)
{
    uint8_t *bytes =
        mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(bytes != MAP_FAILED);
    for (size_t i = 0; i < count * PAGE; i++)
        bytes[i] = (uint8_t)(i * 7 + i / PAGE);
    sw_memory_forbid_vm_readv(through_file);
    sw_memory_forget();
    return bytes;
}

static uint64_t at(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

START_TEST(reads_across_pages)
{
    through_file = _i;
    uint8_t *bytes = pages(5), got[3 * PAGE];
    for (size_t from = 0; from < PAGE + 2; from += 1021)
        for (size_t size = 0; size < sizeof got; size += 777) {
            ck_assert_int_eq(sw_memory_read(at(bytes + from), got, size), 0);
            ck_assert_int_eq(memcmp(got, bytes + from, size), 0);
        }
}
END_TEST

START_TEST(holes_are_errors)
{
    through_file = _i;
    uint8_t *bytes = pages(3), got[64];
    munmap(bytes + PAGE, PAGE);
    ck_assert_int_eq(sw_memory_read(at(bytes + PAGE - 8), got, 8), 0);
    ck_assert_int_eq(sw_memory_read(at(bytes + PAGE - 8), got, 9), -EFAULT);
    ck_assert_int_eq(sw_memory_read(at(bytes + PAGE), got, 1), -EFAULT);
    ck_assert_int_eq(sw_memory_read(at(bytes + 2 * PAGE), got, 64), 0);
    static const uint64_t nowhere[] = {
        0, 8, 0x7fffffffffff, 1ull << 63, UINT64_MAX - 63, UINT64_MAX - 8};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++)
        ck_assert_int_eq(sw_memory_read(nowhere[i], got, sizeof got), -EFAULT);
}
END_TEST

START_TEST(copy_takes_what_is_there)
{
    through_file = _i;
    static uint8_t got[200 * PAGE];
    uint8_t *bytes = pages(200);
    ck_assert_uint_eq(sw_memory_copy(at(bytes + 3), got, 199 * PAGE), 199 * PAGE);
    ck_assert_int_eq(memcmp(got, bytes + 3, 199 * PAGE), 0);
    munmap(bytes + 150 * PAGE, PAGE);
    ck_assert_uint_eq(sw_memory_copy(at(bytes + 100), got, 199 * PAGE), 150 * PAGE - 100);
    ck_assert_uint_eq(sw_memory_copy(at(bytes + 150 * PAGE), got, 10), 0);
    ck_assert_uint_eq(sw_memory_copy(UINT64_MAX - 5, got, 100), 0);
}
END_TEST

START_TEST(past_the_end_of_a_file)
{
    through_file = _i;
    char name[] = "/tmp/stallwatch-memory-XXXXXX", got[8];
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    unlink(name);
    ck_assert_int_eq(ftruncate(fd, 2 * PAGE), 0);
    char *bytes = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
    pages(1);
    ck_assert_int_eq(sw_memory_read(at(bytes + PAGE), got, 8), 0);
    ck_assert_int_eq(ftruncate(fd, PAGE), 0); /* a plain load would be SIGBUS now */
    sw_memory_forget();
    ck_assert_int_eq(sw_memory_read(at(bytes + PAGE), got, 8), -EFAULT);
    close(fd);
}
END_TEST

START_TEST(blocks_last_until_forgotten)
{
    through_file = _i;
    uint8_t *bytes = pages(1), got;
    bytes[5] = 1;
    ck_assert_int_eq(sw_memory_read(at(bytes), &got, 1), 0);
    bytes[5] = 2;
    ck_assert_int_eq(sw_memory_read(at(bytes + 5), &got, 1), 0);
    ck_assert_uint_eq(got, 1);
    uint64_t capture = sw_memory_capture();
    sw_memory_forget();
    ck_assert_uint_ne(sw_memory_capture(), capture);
    ck_assert_int_eq(sw_memory_read(at(bytes + 5), &got, 1), 0);
    ck_assert_uint_eq(got, 2);
    bytes[5] = 3;
    sw_memory_give_back();
    ck_assert_int_eq(sw_memory_read(at(bytes + 5), &got, 1), 0);
    ck_assert_uint_eq(got, 3);
}
END_TEST

START_TEST(strings)
{
    through_file = _i;
    uint8_t *bytes = pages(2);
    char got[64];
    memset(bytes, 'x', 2 * PAGE);
    munmap(bytes + PAGE, PAGE);
    memcpy(bytes + PAGE - 6, "hello", 6);
    ck_assert_int_eq(sw_memory_string(at(bytes + PAGE - 6), got, sizeof got), 0);
    ck_assert_str_eq(got, "hello");
    ck_assert_int_eq(sw_memory_string(at(bytes + PAGE - 6), got, 4), 0);
    ck_assert_str_eq(got, "hel");
    bytes[PAGE - 1] = 'x';
    sw_memory_forget();
    ck_assert_int_eq(sw_memory_string(at(bytes + PAGE - 6), got, sizeof got), -EFAULT);
    ck_assert_int_eq(sw_memory_string(at(bytes), got, sizeof got), 0);
    ck_assert_uint_eq(strlen(got), sizeof got - 1);
    ck_assert_int_eq(sw_memory_string(at(bytes), got, 0), -EFAULT);
}
END_TEST

START_TEST(a_forked_child_reads_itself)
{
    through_file = _i;
    uint8_t *bytes = pages(1), got;
    pid_t child = fork();
    if (child == 0) {
        bytes[0] = 77;
        sw_memory_forget();
        _exit(sw_memory_read(at(bytes), &got, 1) == 0 && got == 77 ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(mappings)
{
    uint64_t low, high;
    bool grows;
    uint8_t *bytes = pages(3);
    mprotect(bytes + PAGE, PAGE, PROT_READ);
    ck_assert_int_eq(sw_memory_mapping(at(bytes + PAGE + 9), &low, &high, &grows), 0);
    ck_assert_uint_eq(low, at(bytes + PAGE));
    ck_assert_uint_eq(high, at(bytes + 2 * PAGE));
    ck_assert(!grows);
    munmap(bytes + PAGE, PAGE);
    ck_assert_int_eq(sw_memory_mapping(at(bytes + PAGE), &low, &high, &grows), -ENOENT);
    ck_assert_int_eq(sw_memory_mapping(at(&low), &low, &high, &grows), 0);
    ck_assert(grows);
    ck_assert(low < at(&low) && at(&low) < high);
    ck_assert_int_eq(sw_memory_mapping(0, &low, &high, &grows), -ENOENT);
}
END_TEST

START_TEST(pages_in_a_row)
{
    through_file = _i;
    uint8_t *bytes = pages(200);
    munmap(bytes, PAGE);
    munmap(bytes + 199 * PAGE, PAGE);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + 100 * PAGE + 5), false, 500), 99);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + 100 * PAGE + 5), true, 500), 100);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + 100 * PAGE), false, 70), 70);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + 100 * PAGE), true, 1), 1);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + 199 * PAGE), false, 9), 0);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + PAGE - 1), true, 9), 0);
    ck_assert_uint_eq(sw_memory_pages(5, true, 9), 0);
    ck_assert_uint_eq(sw_memory_pages(UINT64_MAX - 5, false, 9), 0);
}
END_TEST

/* They do not show as a mapping's end. */
START_TEST(guards_are_seen)
{
    through_file = _i;
    uint8_t *bytes = pages(9);
    if (madvise(bytes + 6 * PAGE, PAGE, 102 /* MADV_GUARD_INSTALL, from Linux 6.13 on */) != 0)
        return;
    ck_assert_uint_eq(sw_memory_pages(at(bytes), false, 9), 6);
    ck_assert_uint_eq(sw_memory_pages(at(bytes + 8 * PAGE), true, 9), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *cases = tcase_create("all");
    tcase_add_loop_test(cases, reads_across_pages, 0, 2);
    tcase_add_loop_test(cases, holes_are_errors, 0, 2);
    tcase_add_loop_test(cases, copy_takes_what_is_there, 0, 2);
    tcase_add_loop_test(cases, past_the_end_of_a_file, 0, 2);
    tcase_add_loop_test(cases, blocks_last_until_forgotten, 0, 2);
    tcase_add_loop_test(cases, strings, 0, 2);
    tcase_add_loop_test(cases, a_forked_child_reads_itself, 0, 2);
    tcase_add_test(cases, mappings);
    tcase_add_loop_test(cases, pages_in_a_row, 0, 2);
    tcase_add_loop_test(cases, guards_are_seen, 0, 2);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
