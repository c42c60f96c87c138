/* src/preload/watch/samples/signature.c: the same stall has the same signature in every run, and
 * other stalls have others. */
#include "preload/watch/samples/signature.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MOST               16
#define SIGNATURE_OF_USUAL UINT64_C(7709455305159416454)

static struct sw_module libc = {.name = "libc.so.6"}, program = {.name = "server"},
                        plugin = {.name = "plugin.so"};
static struct sw_linked_frame frames[8][MOST];
static struct sw_linked_stack stacks[8];

static struct sw_linked_frame named(struct sw_module *module, const char *symbol)
{
    return (struct sw_linked_frame){.module = module, .symbol = symbol, .address = 0x1234};
}

/* Stack `index` from the symbols in `names`, innermost first, ended by NULL; the `loop` outermost
 * are the loop's. */
static struct sw_linked_stack *stack_of(unsigned index, unsigned loop, const char *const names[])
{
    struct sw_linked_stack *stack = &stacks[index];
    *stack = (struct sw_linked_stack){.loop = loop, .complete = true, .frame = frames[index]};
    for (unsigned i = 0; names[i] != NULL; i++)
        frames[index][stack->count++] = named(&program, names[i]);
    return stack;
}

#define STACK(index, loop, ...) stack_of(index, loop, (const char *const[]){__VA_ARGS__, NULL})

static uint64_t signature(unsigned count)
{
    return sw_signature_of("server", "cpu", stacks, count);
}

static uint64_t usual(void)
{
    STACK(0, 2, "hash", "on_request", "dispatch", "run_loop", "main");
    return signature(1);
}

/* A number written down once: users keep signatures in suppression files, so they never change. */
START_TEST(never_changes)
{
    ck_assert_uint_eq(usual(), SIGNATURE_OF_USUAL);
}
END_TEST

START_TEST(other_program_or_call)
{
    uint64_t one = usual();
    ck_assert_uint_ne(sw_signature_of("client", "cpu", stacks, 1), one);
    ck_assert_uint_ne(sw_signature_of("server", "read", stacks, 1), one);
    ck_assert_uint_ne(sw_signature_of("serverc", "pu", stacks, 1), one);
}
END_TEST

START_TEST(each_common_frame_counts)
{
    uint64_t one = usual();
    STACK(0, 2, "hash", "on_request", "dispatch2", "run_loop", "main");
    ck_assert_uint_ne(signature(1), one);
    STACK(0, 2, "hash2", "on_request", "dispatch", "run_loop", "main");
    ck_assert_uint_ne(signature(1), one);
    STACK(0, 2, "on_request", "dispatch", "run_loop", "main");
    ck_assert_uint_ne(signature(1), one);
    STACK(0, 2, "hash", "on_request", "dispatch", "run_loop", "main");
    frames[0][1].module = &plugin;
    ck_assert_uint_ne(signature(1), one);
    STACK(0, 2, "hash", "dispatch", "on_request", "run_loop", "main"); /* their order too */
    ck_assert_uint_ne(signature(1), one);
}
END_TEST

START_TEST(the_loops_own_frames_do_not)
{
    uint64_t one = usual();
    STACK(0, 2, "hash", "on_request", "dispatch", "run_other_loop", "main");
    ck_assert_uint_eq(signature(1), one);
    STACK(0, 4, "hash", "on_request", "dispatch", "run_loop", "start", "call_main", "main");
    ck_assert_uint_eq(signature(1), one);
}
END_TEST

/* Neither where in a function, nor where it was loaded, nor what the frame's address is. */
START_TEST(addresses_do_not)
{
    uint64_t one = usual();
    for (unsigned i = 0; i < stacks[0].count; i++) {
        frames[0][i].address += 0x1000 + i;
        frames[0][i].start += 0x2000;
    }
    program.bias = 0x7f0000000000;
    ck_assert_uint_eq(signature(1), one);
}
END_TEST

/* More samples of one stall (it took longer, or the machine was busy) differ only in their
 * innermost frames. */
START_TEST(what_all_samples_share)
{
    STACK(0, 2, "on_request", "dispatch", "run_loop", "main");
    uint64_t one = signature(1);
    STACK(0, 2, "hash", "on_request", "dispatch", "run_loop", "main");
    STACK(1, 2, "sort", "swap", "on_request", "dispatch", "run_loop", "main");
    ck_assert_uint_eq(signature(2), one);
    STACK(2, 2, "on_request", "dispatch", "run_loop", "main");
    ck_assert_uint_eq(signature(3), one);
    struct sw_linked_stack first = stacks[0]; /* in whatever order they were taken */
    stacks[0] = stacks[2];
    stacks[2] = first;
    ck_assert_uint_eq(signature(3), one);
}
END_TEST

/* As far as the samples have them in common; C functions that call the language's are no chance. */
START_TEST(computing_in_a_language)
{
    STACK(0, 2, "mix", "scrypt", "derive", "sort", "handler", "loop", "main");
    frames[0][2].lang = frames[0][4].lang = SW_LANG_PYTHON;
    frames[0][2].file = frames[0][4].file = "/srv/app.py";
    uint64_t one = signature(1), read = sw_signature_of("server", "read", stacks, 1);
    STACK(1, 2, "eval", "derive", "sort", "handler", "loop", "main");
    frames[1][1].lang = frames[1][3].lang = SW_LANG_PYTHON;
    frames[1][1].file = frames[1][3].file = "/srv/app.py";
    ck_assert_uint_eq(signature(2), one);
    ck_assert_uint_ne(sw_signature_of("server", "read", stacks, 2), read);
    frames[0][3].symbol = "map";
    ck_assert_uint_ne(signature(1), one);
}
END_TEST

/* The call itself is in the key, and its frame may be looked up under several names. */
START_TEST(frames_of_calls_end_it)
{
    STACK(0, 2, "on_request", "dispatch", "run_loop", "main");
    uint64_t without = sw_signature_of("server", "read", stacks, 1);
    STACK(0, 2, "read", "on_request", "dispatch", "run_loop", "main");
    frames[0][0].module = &libc;
    frames[0][0].call = true;
    ck_assert_uint_eq(sw_signature_of("server", "read", stacks, 1), without);
}
END_TEST

START_TEST(incomplete_stacks_say_nothing_beside_complete_ones)
{
    uint64_t one = usual();
    STACK(1, 0, "hash", "somewhere");
    stacks[1].complete = false;
    ck_assert_uint_eq(signature(2), one);
    stacks[2] = (struct sw_linked_stack){0}; /* a sample without a stack */
    ck_assert_uint_eq(signature(3), one);
    stacks[2] = stacks[0];
    stacks[0] = stacks[1];
    ck_assert_uint_eq(signature(3), one);
    ck_assert_uint_ne(sw_signature_of("server", "cpu", stacks, 1), one);
}
END_TEST

START_TEST(stripped_functions_by_where_they_start)
{
    STACK(0, 1, "", "main");
    frames[0][0] = (struct sw_linked_frame){.module = &plugin, .address = 0x5010, .start = 0x5000};
    uint64_t one = signature(1);
    frames[0][0].address = 0x5060;
    ck_assert_uint_eq(signature(1), one);
    frames[0][0].start = 0x6000;
    ck_assert_uint_ne(signature(1), one);
}
END_TEST

START_TEST(code_in_no_file)
{
    STACK(0, 1, "", "main");
    frames[0][0] = (struct sw_linked_frame){.address = 0x7f1234500000, .start = 0x7f1234500000};
    uint64_t one = signature(1);
    frames[0][0].address = frames[0][0].start = 0x7e0000001000; /* elsewhere in the next run */
    ck_assert_uint_eq(signature(1), one);
}
END_TEST

START_TEST(no_stacks_at_all)
{
    uint64_t none = sw_signature_of("server", "cpu", NULL, 0);
    ck_assert_uint_ne(none, sw_signature_of("server", "read", NULL, 0));
    stacks[0] = (struct sw_linked_stack){0};
    ck_assert_uint_eq(signature(1), none);
    STACK(0, 2, "run_loop", "main"); /* nothing but the loop */
    ck_assert_uint_eq(signature(1), none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signature");
    TCase *all = tcase_create("all");
    tcase_add_test(all, never_changes);
    tcase_add_test(all, other_program_or_call);
    tcase_add_test(all, each_common_frame_counts);
    tcase_add_test(all, the_loops_own_frames_do_not);
    tcase_add_test(all, addresses_do_not);
    tcase_add_test(all, what_all_samples_share);
    tcase_add_test(all, computing_in_a_language);
    tcase_add_test(all, frames_of_calls_end_it);
    tcase_add_test(all, incomplete_stacks_say_nothing_beside_complete_ones);
    tcase_add_test(all, stripped_functions_by_where_they_start);
    tcase_add_test(all, code_in_no_file);
    tcase_add_test(all, no_stacks_at_all);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
