/* src/common/arena.c: alignment, zeros also in memory used before, the limit, sizes beyond all
 * sense, errno. */
#include "common/arena.h"

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

START_TEST(allocations)
{
    struct sw_arena arena;
    char *blocks[500];
    sw_arena_init(&arena, 64 << 20);
    for (size_t i = 0; i < 500; i++) {
        size_t size = i * 7;
        blocks[i] = sw_arena_alloc(&arena, size);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 16, 0);
        ck_assert(is_zero(blocks[i], size));
        memset(blocks[i], (int)i, size);
    }
    for (size_t i = 0; i < 500; i++) /* none lies in another */
        for (size_t j = 0; j < i * 7; j++)
            ck_assert_int_eq((unsigned char)blocks[i][j], (int)(i & 255));
    sw_arena_reset(&arena);
}
END_TEST

START_TEST(zeroed_after_reset)
{
    struct sw_arena arena;
    sw_arena_init(&arena, 1 << 20);
    char *first = sw_arena_alloc(&arena, 5000);
    memset(first, 0xff, 5000);
    sw_arena_reset(&arena);
    char *again = sw_arena_alloc(&arena, 3000);
    ck_assert_ptr_eq(first, again); /* the first block is kept */
    ck_assert(is_zero(again, 3000));
    char *across = sw_arena_alloc(&arena, 9000); /* half used before, half not */
    ck_assert(is_zero(across, 9000));
    memset(across, 0xff, 9000);
    sw_arena_reset(&arena);
    ck_assert(is_zero(sw_arena_alloc(&arena, 20000), 20000));
    sw_arena_reset(&arena);
}
END_TEST

START_TEST(gives_back)
{
    struct sw_arena arena;
    sw_arena_init(&arena, 8 << 20);
    ck_assert_ptr_nonnull(sw_arena_alloc(&arena, 100));
    size_t kept = arena.total;
    for (int round = 0; round < 2000; round++) {
        ck_assert_ptr_nonnull(sw_arena_alloc(&arena, 3 << 20));
        ck_assert_ptr_nonnull(sw_arena_alloc(&arena, 3 << 20));
        sw_arena_reset(&arena);
        ck_assert_uint_eq(arena.total, kept);
    }
}
END_TEST

START_TEST(limit)
{
    struct sw_arena arena;
    size_t got = 0;
    sw_arena_init(&arena, 200000);
    while (sw_arena_alloc(&arena, 1000) != NULL)
        ck_assert_uint_lt(++got, 1000);
    ck_assert_uint_ge(got, 170);
    ck_assert_uint_le(arena.total, 200000);
    ck_assert_ptr_null(sw_arena_alloc(&arena, 300000));
    sw_arena_reset(&arena);
    ck_assert_ptr_nonnull(sw_arena_alloc(&arena, 1000));
    sw_arena_reset(&arena);

    sw_arena_init(&arena, 0);
    ck_assert_ptr_null(sw_arena_alloc(&arena, 1));
    sw_arena_reset(&arena);
    ck_assert_ptr_null(sw_arena_alloc(&arena, 1));
}
END_TEST

START_TEST(senseless_sizes)
{
    struct sw_arena arena;
    sw_arena_init(&arena, SIZE_MAX);
    errno = 1234;
    ck_assert_ptr_null(sw_arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(sw_arena_alloc(&arena, SIZE_MAX / 2 + 2));
    ck_assert_ptr_null(sw_arena_alloc(&arena, SIZE_MAX / 2)); /* the kernel says no */
    ck_assert_ptr_null(sw_arena_copy(&arena, "x", SIZE_MAX));
    ck_assert_int_eq(errno, 1234);
    char *none = sw_arena_alloc(&arena, 0), *other = sw_arena_alloc(&arena, 0);
    ck_assert_ptr_nonnull(none);
    ck_assert_ptr_ne(none, other);
    sw_arena_reset(&arena);
}
END_TEST

START_TEST(copies)
{
    struct sw_arena arena;
    sw_arena_init(&arena, 1 << 20);
    ck_assert_str_eq(sw_arena_copy(&arena, "abcdef", 3), "abc");
    ck_assert_str_eq(sw_arena_copy(&arena, "", 0), "");
    ck_assert_ptr_null(sw_arena_copy(&arena, NULL, 3));
    sw_arena_reset(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *all = tcase_create("all");
    tcase_add_test(all, allocations);
    tcase_add_test(all, zeroed_after_reset);
    tcase_add_test(all, gives_back);
    tcase_add_test(all, limit);
    tcase_add_test(all, senseless_sizes);
    tcase_add_test(all, copies);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
