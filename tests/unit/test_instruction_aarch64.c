/*
 * src/preload/stack/aarch64/instruction.c on any machine: it is pure, and is compiled in here under
 * another name. Words and targets are those that binutils' assembler and disassembler give.
 */
#define sw_instruction_decode decode_aarch64
#include "preload/stack/aarch64/instruction.c"
#undef sw_instruction_decode

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *text;
    uint32_t word;
    enum sw_instruction_kind kind;
    uint64_t address, target;
} cases[] = {
    {"bl back", 0x97fffffc, SW_INSTRUCTION_CALL, 0x1000, 0xff0},
    {"bl forth", 0x940007ff, SW_INSTRUCTION_CALL, 0x1004, 0x3000},
    {"b forth", 0x1400000e, SW_INSTRUCTION_JUMP, 0x1008, 0x1040},
    {"b back", 0x17fffbfd, SW_INSTRUCTION_JUMP, 0x100c, 0},
    {"b.eq", 0x54000080, SW_INSTRUCTION_BRANCH, 0x1010, 0x1020},
    {"cbz x3", 0xb40000a3, SW_INSTRUCTION_BRANCH, 0x1014, 0x1028},
    {"cbnz w4", 0x35ffff04, SW_INSTRUCTION_BRANCH, 0x1018, 0xff8},
    {"tbz x5, #33", 0xb60fffc5, SW_INSTRUCTION_BRANCH, 0x101c, 0x1014},
    {"tbnz w5, #3", 0x371ffe45, SW_INSTRUCTION_BRANCH, 0x1020, 0xfe8},
    {"br x16", 0xd61f0200, SW_INSTRUCTION_JUMP_ANY, 0x1024, 0},
    {"blr x2", 0xd63f0040, SW_INSTRUCTION_CALL_ANY, 0x1028, 0},
    {"ret", 0xd65f03c0, SW_INSTRUCTION_END, 0x102c, 0},
    {"ret x1", 0xd65f0020, SW_INSTRUCTION_END, 0x1030, 0},
    {"retaa", 0xd65f0bff, SW_INSTRUCTION_END, 0x1034, 0},
    {"brk", 0xd4200000, SW_INSTRUCTION_END, 0x1038, 0},
    {"udf", 0x00000000, SW_INSTRUCTION_END, 0x103c, 0},
    {"svc", 0xd4000001, SW_INSTRUCTION_PLAIN, 0x1040, 0},
    {"nop", 0xd503201f, SW_INSTRUCTION_PLAIN, 0x1044, 0},
    {"bti c", 0xd503245f, SW_INSTRUCTION_PLAIN, 0x1048, 0},
    {"add", 0x8b020020, SW_INSTRUCTION_PLAIN, 0x104c, 0},
    {"blraa", 0xd73f0822, SW_INSTRUCTION_CALL_ANY, 0x1050, 0},
    {"braa", 0xd71f0822, SW_INSTRUCTION_JUMP_ANY, 0x1054, 0},
};

START_TEST(each_kind)
{
    struct sw_instruction found;
    ck_assert(decode_aarch64((const uint8_t *)&cases[_i].word, 4, cases[_i].address, &found));
    ck_assert_msg(found.kind == cases[_i].kind && found.target == cases[_i].target &&
                      found.length == 4,
                  "%s: kind %d, target %lx", cases[_i].text, found.kind, (long)found.target);
}
END_TEST

/* adrp x16, 20000; ldr x17, [x16, #112]; add x16, x16, #0x70; br x17 */
static const uint32_t plt_entry[4] = {0x90000110, 0xf9403a11, 0x9101c210, 0xd61f0220};

START_TEST(plt_entry_is_a_jump_through_its_slot)
{
    struct sw_instruction found;
    ck_assert(decode_aarch64((const uint8_t *)plt_entry, sizeof plt_entry, 0x9b0, &found));
    ck_assert_int_eq(found.kind, SW_INSTRUCTION_JUMP_AT);
    ck_assert_uint_eq(found.target, 0x20070);
    ck_assert_uint_eq(found.length, 16);
    ck_assert(decode_aarch64((const uint8_t *)plt_entry, 12, 0x9b0, &found)); /* cut off */
    ck_assert_int_eq(found.kind, SW_INSTRUCTION_PLAIN);
}
END_TEST

START_TEST(what_is_none)
{
    struct sw_instruction found;
    ck_assert(!decode_aarch64((const uint8_t *)plt_entry, 3, 0x1000, &found));
    ck_assert(!decode_aarch64((const uint8_t *)plt_entry, 4, 0x1002, &found));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instruction_aarch64");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, each_kind, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, plt_entry_is_a_jump_through_its_slot);
    tcase_add_test(tests, what_is_none);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
