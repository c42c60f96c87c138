/* src/common/hash.c: fixed values, since signatures in users' baselines and suppressions are made
 * of them. */
#include "common/hash.h"

#include <check.h>
#include <stdlib.h>

START_TEST(known_values)
{
    /* FNV-1a's published test values */
    ck_assert_uint_eq(sw_hash_bytes(SW_HASH_START, "", 0), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(sw_hash_bytes(SW_HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(sw_hash_bytes(SW_HASH_START, "foobar", 6), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(sw_hash_string(SW_HASH_START, "foobar"),
                      sw_hash_bytes(SW_HASH_START, "foobar\0", 7));
}
END_TEST

START_TEST(borders)
{
    uint64_t left = sw_hash_string(sw_hash_string(SW_HASH_START, "ab"), "c");
    uint64_t right = sw_hash_string(sw_hash_string(SW_HASH_START, "a"), "bc");
    ck_assert_uint_ne(left, right);
    ck_assert_uint_ne(sw_hash_string(SW_HASH_START, NULL), sw_hash_string(SW_HASH_START, ""));
}
END_TEST

START_TEST(finish)
{
    ck_assert_uint_eq(sw_hash_finish(0), 0);
    ck_assert_uint_eq(sw_hash_finish(1), UINT64_C(0xb456bcfc34c2cb2c));
    /* one bit of difference turns over about half of the bits */
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t changed =
            sw_hash_finish(SW_HASH_START) ^ sw_hash_finish(SW_HASH_START ^ UINT64_C(1) << bit);
        int bits = __builtin_popcountll(changed);
        ck_assert_int_ge(bits, 14);
        ck_assert_int_le(bits, 50);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *all = tcase_create("all");
    tcase_add_test(all, known_values);
    tcase_add_test(all, borders);
    tcase_add_test(all, finish);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
