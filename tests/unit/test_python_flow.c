/*
 * Where a Python function can come to, by the bytecode of each kind of version: the code of one
 * function as CPython compiled it, and from 3.11 on as it stood in memory when it had run for a
 * while (specialised, its caches filled).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "preload/languages/python_flow.h"
#include "preload/stack/memory.h"

/*
 *     def f(p, n):
 *         while n:
 *             for x in p():
 *                 g(x)
 *             n -= 1
 *         h()
 */
static const uint8_t code_3_7[] = {120, 40, 124, 1,   114, 40,  120, 22,  124, 0,   131, 0,  68,
                                   0,   93, 12,  125, 2,   116, 0,   124, 2,   131, 1,   1,  0,
                                   113, 14, 87,  0,   124, 1,   100, 1,   56,  0,   125, 1,  113,
                                   2,   87, 0,   116, 1,   131, 0,   1,   0,   100, 0,   83, 0};
static const uint8_t code_3_10[] = {124, 1, 114, 18, 124, 0, 131, 0, 68,  0, 93,  6, 125, 2, 116, 0,
                                    124, 2, 131, 1,  1,   0, 113, 5, 124, 1, 100, 1, 56,  0, 125, 1,
                                    124, 1, 115, 2,  116, 1, 131, 0, 1,   0, 100, 0, 83,  0};
static const uint8_t code_3_11[] = {
    150, 0,  124, 1, 114, 35, 2,   0, 124, 0,  143, 0, 53, 0, 23, 0, 53,  0,  107, 0, 0,   0,
    0,   0,  68,  0, 93,  17, 125, 2, 55,  1,  53,  0, 0,  0, 77, 0, 0,   0,  0,   0, 124, 2,
    143, 1,  53,  0, 23,  1,  53,  0, 102, 0,  0,   0, 1,  0, 1,  0, 38,  18, 45,  1, 100, 1,
    16,  23, 53,  0, 161, 1,  124, 1, 176, 35, 55,  3, 53, 0, 1,  0, 77,  0,  0,   0, 0,   0,
    143, 0,  53,  0, 23,  0,  53,  0, 103, 0,  0,   0, 0,  0, 1,  0, 100, 0,  83,  0};
static const uint8_t code_3_12[] = {
    151, 0, 124, 1,  114, 31, 2,   0, 124, 0, 23,  0, 64,  3,  26,  3, 0,   0,
    68,  0, 62,  13, 64,  3,  125, 2, 112, 1, 64,  3, 0,   0,  47,  0, 0,   0,
    124, 2, 23,  1,  64,  3,  24,  3, 0,   0, 1,   0, 140, 15, 4,   0, 86,  1,
    100, 1, 18,  23, 64,  3,  154, 1, 124, 1, 114, 1, 140, 31, 112, 3, 64,  3,
    1,   0, 47,  0,  0,   0,  23,  0, 64,  3, 25,  3, 0,   0,  1,   0, 121, 0};
static const uint8_t code_3_13[] = {
    207, 0, 85, 1, 216, 0, 64, 3, 0,   0,   0,   0,  97,  39, 0,   0, 85,  0, 34,  0,
    177, 0, 64, 3, 231, 2, 0,  0, 19,  0,   188, 14, 64,  3,  110, 2, 204, 1, 64,  3,
    47,  0, 0,  0, 0,   0, 85, 2, 177, 1,   64,  3,  229, 2,  0,   0, 32,  0, 77,  16,
    4,   1, 11, 0, 32,  0, 85, 1, 83,  1,   156, 23, 64,  3,  110, 1, 85,  1, 216, 0,
    64,  3, 0,  0, 0,   0, 97, 2, 73,  146, 77,  39, 4,   1,  204, 3, 64,  3, 47,  0,
    0,   0, 1,  0, 177, 0, 64, 3, 230, 2,   0,   0,  32,  0,  103, 0};
static const uint8_t code_3_14[] = {
    196, 0,  86, 1,   205, 0,   64,  3,   0,   0,   0,   0,  100, 37,  17,  17,  28,  0,   86,
    0,   33, 0,  161, 0,   64,  3,   215, 2,   0,   0,   16, 0,   172, 14,  64,  3,   112, 2,
    193, 1,  64, 3,   49,  0,   0,   0,   9,   0,   86,  2,  161, 1,   64,  3,   212, 2,   0,
    0,   31, 0,  176, 16,  252, 255, 9,   0,   30,  0,   86, 1,   94,  1,   142, 23,  64,  3,
    0,   0,  0,  0,   0,   0,   0,   0,   112, 1,   176, 44, 252, 255, 193, 3,   64,  3,   49,
    0,   0,  0,  10,  0,   161, 0,   64,  3,   213, 2,   0,  0,   31,  0,   190, 1,   35,  0};

static const struct version {
    unsigned minor;
    const uint8_t *code;
    size_t size;
    uint32_t p, g, h; /* where the calls are */
} versions[] = {
    {7, code_3_7, sizeof code_3_7, 10, 22, 44},     {10, code_3_10, sizeof code_3_10, 6, 18, 38},
    {11, code_3_11, sizeof code_3_11, 14, 48, 92},  {12, code_3_12, sizeof code_3_12, 10, 38, 78},
    {13, code_3_13, sizeof code_3_13, 20, 48, 104}, {14, code_3_14, sizeof code_3_14, 22, 50, 100},
};
#define VERSIONS (int)(sizeof versions / sizeof versions[0])

/* Objects, as much of them as is looked at. */
static uint64_t code_type, bytes_type;
static union {
    uint64_t word[64];
    uint8_t byte[512];
} code, bytes;

static struct sw_python make(const struct version *version)
{
    struct sw_python python = {.code_type = (uint64_t)(uintptr_t)&code_type,
                               .bytes_type = (uint64_t)(uintptr_t)&bytes_type,
                               .layout = {.minor = version->minor,
                                          .type = 8,
                                          .bytes_size = 16,
                                          .bytes_data = 32,
                                          .instructions = 192,
                                          .code_bytes = 48}};
    code.word[1] = python.code_type;
    bytes.word[1] = python.bytes_type;
    bytes.word[2] = version->size;
    memcpy(bytes.byte + 32, version->code, version->size);
    if (version->minor < 11) {
        code.word[6] = (uint64_t)(uintptr_t)&bytes;
    } else {
        code.word[2] = version->size / 2;
        memcpy(code.byte + 192, version->code, version->size);
    }
    return python;
}

static enum sw_flow flow(const struct sw_python *python, uint32_t from, uint32_t to)
{
    sw_memory_forget();
    return sw_python_flow(python, (uint64_t)(uintptr_t)&code, from, to);
}

START_TEST(loops_are_found)
{
    const struct version *v = &versions[_i];
    struct sw_python python = make(v);
    ck_assert_int_eq(flow(&python, v->p, v->p), SW_FLOW_YES);
    ck_assert_int_eq(flow(&python, v->g, v->g), SW_FLOW_YES);
    ck_assert_int_eq(flow(&python, v->g, v->p), SW_FLOW_YES);
    ck_assert_int_eq(flow(&python, v->p, v->h), SW_FLOW_YES);
    ck_assert_int_eq(flow(&python, v->h, v->p), SW_FLOW_NO);
    ck_assert_int_eq(flow(&python, v->h, v->h), SW_FLOW_NO);
}
END_TEST

START_TEST(a_place_in_an_instructions_caches_is_that_instruction)
{
    struct sw_python python = make(&versions[3]);
    ck_assert_int_eq(flow(&python, versions[3].g + 6, versions[3].p + 6), SW_FLOW_YES);
    ck_assert_int_eq(flow(&python, versions[3].h + 6, versions[3].p), SW_FLOW_NO);
}
END_TEST

START_TEST(what_cannot_be_read_is_not_known)
{
    struct sw_python python = make(&versions[_i]);
    ck_assert_int_eq(flow(&python, 2, 100000), SW_FLOW_UNKNOWN);
    code.word[1] = 0;
    ck_assert_int_eq(flow(&python, 2, 2), SW_FLOW_UNKNOWN);
    ck_assert_int_eq(sw_python_flow(&python, 8, 2, 2), SW_FLOW_UNKNOWN);
    code.word[1] = python.code_type;
    code.word[2] = bytes.word[2] = UINT64_MAX / 2;
    ck_assert_int_eq(flow(&python, 2, 2), SW_FLOW_UNKNOWN);
    python.layout.minor = 99;
    ck_assert_int_eq(flow(&python, 2, 2), SW_FLOW_UNKNOWN);
}
END_TEST

START_TEST(garbage_ends)
{
    struct sw_python python = make(&versions[_i]);
    srand((unsigned)_i);
    for (int round = 0; round < 200; round++) {
        for (unsigned i = 192; i < sizeof code; i++)
            code.byte[i] = bytes.byte[i - 160] = (uint8_t)rand();
        flow(&python, (uint32_t)rand() % 64, (uint32_t)rand() % 64);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("python_flow");
    TCase *flows = tcase_create("flow");
    tcase_add_loop_test(flows, loops_are_found, 0, VERSIONS);
    tcase_add_test(flows, a_place_in_an_instructions_caches_is_that_instruction);
    tcase_add_loop_test(flows, what_cannot_be_read_is_not_known, 0, VERSIONS);
    tcase_add_loop_test(flows, garbage_ends, 0, VERSIONS);
    suite_add_tcase(suite, flows);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
