/* Whether control comes back to a call: functions written by hand, so that their jumps are known.
 */
#include <check.h>
#include <stdlib.h>

#include "preload/stack/flow.h"
#include "preload/stack/memory.h"
#include "preload/stack/modules.h"

/*
 * Labels are return addresses: X_wait behind the call of the wait, X_work behind another one.
 *
 * turns:    a loop around both. left: a loop around the wait, then the work.
 * retries:  a loop around the wait and errno. ends: as left, but the work is followed by a call
 *           that never returns, and what follows that leads to the wait.
 * table:    the work is followed by a jump through a table. again: wait, work, wait.
 * part:     the work is in a part elsewhere, which jumps back.
 * jobs:     a loop around work and a loop around wait and something else; that is called by a
 *           pointer.
 * loaded:   the work's address is loaded, and called by a register.
 */
__asm__(".macro function name\n"
        ".globl \\name\n.type \\name, @function\n\\name:\n.cfi_startproc\nsub $8, %rsp\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".endm\n"
        ".macro finish name\n.cfi_endproc\n.size \\name, . - \\name\n.endm\n"
        ".macro leave_it\nadd $8, %rsp\nret\n.endm\n"
        ".text\n"
        "function wait_here\nleave_it\nfinish wait_here\n"
        "function work_here\nleave_it\nfinish work_here\n"
        "function turns\n0: call wait_here\nturns_wait: test %eax, %eax\nje 1f\ncall work_here\n"
        "turns_work: jmp 0b\n1: leave_it\nfinish turns\n"
        "function left\n0: call wait_here\nleft_wait: test %eax, %eax\nje 0b\ncall work_here\n"
        "left_work: leave_it\nfinish left\n"
        "function retries\n0: call wait_here\nretries_wait: test %eax, %eax\nje 1f\n"
        "call __errno_location@PLT\ncmpl $4, (%rax)\nje 0b\n1: leave_it\nfinish retries\n"
        "function ends\n0: call wait_here\nends_wait: test %eax, %eax\nje 1f\ncall work_here\n"
        "ends_work: xor %edi, %edi\ncall exit@PLT\n1: jmp 0b\nfinish ends\n"
        "function table\ncall wait_here\ntable_wait: call work_here\ntable_work: jmp *%rax\n"
        "finish table\n"
        "function again\ncall wait_here\nagain_wait: call work_here\nagain_work: call wait_here\n"
        "again_other: leave_it\nfinish again\n"
        "function part\n0: call wait_here\npart_wait: test %eax, %eax\njne part.cold\n1: leave_it\n"
        "finish part\n"
        "function part.cold\ncall work_here\npart_work: jmp 0b\nfinish part.cold\n"
        "function jobs\n0: call work_here\njobs_work: test %eax, %eax\nje 2f\n1: call wait_here\n"
        "jobs_wait: call *%rbx\njobs_else: test %eax, %eax\njne 1b\njmp 0b\n2: leave_it\n"
        "finish jobs\n"
        "function leave_here\nleave_it\nfinish leave_here\n"
        "function loaded\nlea work_here(%rip), %rax\ncall *%rax\nloaded_work: leave_it\n"
        "finish loaded\n");

extern const char turns_wait[], turns_work[], left_wait[], left_work[], retries_wait[], ends_wait[],
    ends_work[], table_wait[], table_work[], again_wait[], again_work[], part_wait[], part_work[],
    jobs_work[], jobs_wait[], jobs_else[], work_here[], leave_here[], loaded_work[];

static uint64_t at(const char *label)
{
    return (uint64_t)(uintptr_t)label;
}

static void start(void)
{
    ck_assert_int_eq(sw_modules_start(), 0);
    sw_memory_forget();
}

START_TEST(reaches)
{
    start();
    ck_assert_int_eq(sw_flow_reaches(at(turns_work), at(turns_wait)), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_reaches(at(left_work), at(left_wait)), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_reaches(at(left_wait), at(left_wait)), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_reaches(at(ends_work), at(ends_wait)), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_reaches(at(table_work), at(table_wait)), SW_FLOW_UNKNOWN);
    ck_assert_int_eq(sw_flow_reaches(at(part_work), at(part_wait)), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_reaches(at(again_work), at(again_wait)), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_reaches_like(at(again_work), at(again_wait)), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_reaches_like(at(left_work), at(left_wait)), SW_FLOW_NO);
}
END_TEST

START_TEST(turns_around)
{
    start();
    ck_assert_int_eq(sw_flow_turns(at(turns_wait)), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_turns(at(left_wait)), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_turns(at(retries_wait)), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_turns(at(again_wait)), SW_FLOW_NO);
    ck_assert(sw_flow_works_after(at(left_wait)));
    ck_assert(!sw_flow_works_after(at(left_work)));
    ck_assert(!sw_flow_works_after(at(retries_wait)));
}
END_TEST

START_TEST(between_jobs)
{
    start();
    ck_assert_int_eq(sw_flow_turns_without(at(jobs_wait), at(jobs_work), false), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_turns_without(at(turns_wait), at(turns_work), false), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_turns_without(at(retries_wait), at(turns_work), false), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_turns_without(at(retries_wait), at(turns_work), true), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_comes_before(at(jobs_wait), at(jobs_work)), SW_FLOW_NO);
    ck_assert_int_eq(sw_flow_comes_before(at(jobs_wait), at(jobs_else)), SW_FLOW_YES);
    ck_assert_int_eq(sw_flow_comes_before(at(turns_wait), at(turns_work)), SW_FLOW_YES);
    uint64_t calls[2];
    ck_assert_uint_eq(sw_flow_calls_before(at(jobs_wait), at(jobs_else), calls, 2), 2);
    ck_assert_uint_eq(calls[0], at(jobs_wait));
    ck_assert_uint_eq(calls[1], at(jobs_work));
    ck_assert_uint_eq(sw_flow_calls_before(at(turns_work), at(turns_wait), calls, 2), 0);
    ck_assert(sw_flow_names_callee(at(jobs_work), at(work_here)));
    ck_assert(!sw_flow_names_callee(at(jobs_else), at(leave_here)));
    ck_assert(sw_flow_names_callee(at(loaded_work), at(work_here)));
    ck_assert(!sw_flow_names_callee(at(loaded_work), at(leave_here)));
}
END_TEST

START_TEST(of_nowhere)
{
    start();
    static const unsigned char data[64];
    ck_assert_int_eq(sw_flow_reaches(8, 16), SW_FLOW_UNKNOWN);
    ck_assert_int_eq(sw_flow_turns((uint64_t)(uintptr_t)data), SW_FLOW_UNKNOWN);
    struct sw_flow_function function;
    ck_assert(sw_flow_function_at(at(turns_wait), &function));
    ck_assert(function.low < at(turns_wait) && function.high > at(turns_work));
    ck_assert(function.high <= at(left_wait));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("flow");
    TCase *tests = tcase_create("flow");
    tcase_add_test(tests, reaches);
    tcase_add_test(tests, turns_around);
    tcase_add_test(tests, between_jobs);
    tcase_add_test(tests, of_nowhere);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
