/*
 * The helper's own parts: messages and their bounds, names, and the lines of small libraries built
 * for this (fixtures/lines_*, in $STALLWATCH_BUILD/fixtures).
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/symbolize_protocol.h"
#include "symbolize/demangle.h"
#include "symbolize/lines.h"

static unsigned char packet[SW_SYMBOLIZE_PACKET];
static struct sw_symbolize_question question;
static struct sw_symbolize_answer answer, decoded;
static struct sw_symbolize_shared shared;

static char *filled(size_t length)
{
    char *string = malloc(length + 1);
    ck_assert_ptr_nonnull(string);
    memset(string, 'x', length);
    string[length] = '\0';
    return string;
}

START_TEST(question_there_and_back)
{
    char *path = filled(SW_SYMBOLIZE_PATH), *symbol = filled(SW_SYMBOLIZE_SYMBOL);
    char *build_id = filled(SW_SYMBOLIZE_BUILD_ID);
    long length = sw_symbolize_encode_question(packet, sizeof(packet), 7, 9, UINT64_MAX, path,
                                               symbol, build_id);
    ck_assert_int_gt(length, 0);
    ck_assert_int_eq(sw_symbolize_decode_kind(packet, (size_t)length), SW_SYMBOLIZE_QUESTION);
    ck_assert_int_eq(sw_symbolize_decode_question(packet, (size_t)length, &question), 0);
    ck_assert_uint_eq(question.sequence, 7);
    ck_assert_uint_eq(question.index, 9);
    ck_assert_uint_eq(question.address, UINT64_MAX);
    ck_assert_str_eq(question.path, path);
    ck_assert_str_eq(question.symbol, symbol);
    ck_assert_str_eq(question.build_id, build_id);
    for (size_t cut = 0; cut < (size_t)length; cut++)
        ck_assert_int_eq(sw_symbolize_decode_question(packet, cut, &question), -EPROTO);
    ck_assert_int_eq(sw_symbolize_decode_question(packet, (size_t)length + 1, &question), -EPROTO);
    ck_assert_int_eq(
        sw_symbolize_encode_question(packet, (size_t)length - 1, 7, 9, 0, path, symbol, build_id),
        -EMSGSIZE);
    free(path);
    free(symbol);
    free(build_id);
}
END_TEST

START_TEST(question_bounds)
{
    char *path = filled(SW_SYMBOLIZE_PATH + 1);
    ck_assert_int_eq(sw_symbolize_encode_question(packet, sizeof(packet), 1, 1, 1, path, "", ""),
                     -ENAMETOOLONG);
    ck_assert_int_eq(sw_symbolize_encode_question(packet, sizeof(packet), 1, 1, 1, "/x", path, ""),
                     -ENAMETOOLONG);
    long length = sw_symbolize_encode_question(packet, sizeof(packet), 1, 1, 1, "/x", NULL, NULL);
    ck_assert_int_gt(length, 0);
    /* A NUL inside a string would make what is checked differ from what is used. */
    packet[sizeof(struct sw_symbolize_head) + 8 + 4] = '\0';
    ck_assert_int_eq(sw_symbolize_decode_question(packet, (size_t)length, &question), -EPROTO);
    free(path);
}
END_TEST

START_TEST(longest_answer_fits)
{
    answer.sequence = 3;
    answer.index = 4;
    answer.count = SW_SYMBOLIZE_LINES;
    for (unsigned i = 0; i < SW_SYMBOLIZE_LINES; i++) {
        memset(answer.lines[i].function, 'f', SW_SYMBOLIZE_FUNCTION);
        memset(answer.lines[i].file, '/', SW_SYMBOLIZE_FILE);
        answer.lines[i].line = i;
    }
    long length = sw_symbolize_encode_answer(packet, sizeof(packet), &answer);
    ck_assert_int_gt(length, 0);
    ck_assert_int_eq(sw_symbolize_decode_answer(packet, (size_t)length, &decoded), 0);
    ck_assert_uint_eq(decoded.count, SW_SYMBOLIZE_LINES);
    ck_assert_int_eq(memcmp(&decoded, &answer, sizeof(answer)), 0);
    for (size_t cut = 0; cut < (size_t)length; cut += 5)
        ck_assert_int_eq(sw_symbolize_decode_answer(packet, cut, &decoded), -EPROTO);
}
END_TEST

/* Random bytes behind a head that is right, and a right packet with a byte changed: whatever comes
 * out is in bounds. */
START_TEST(hostile_packets)
{
    srandom(1);
    for (unsigned round = 0; round < 20000; round++) {
        memset(&answer, 0, sizeof(answer));
        answer.count = 3;
        strcpy(answer.lines[1].function, "function");
        long length = sw_symbolize_encode_answer(packet, sizeof(packet), &answer);
        for (unsigned i = 0; i < 1 + round % 4; i++)
            packet[16 + random() % (length - 16)] = (unsigned char)random();
        if (sw_symbolize_decode_answer(packet, (size_t)length, &decoded) == 0) {
            ck_assert_uint_le(decoded.count, SW_SYMBOLIZE_LINES);
            for (unsigned i = 0; i < decoded.count; i++) {
                ck_assert_uint_le(strlen(decoded.lines[i].function), SW_SYMBOLIZE_FUNCTION);
                ck_assert_uint_le(strlen(decoded.lines[i].file), SW_SYMBOLIZE_FILE);
            }
        }
        for (size_t i = 0; i < 512; i++)
            packet[i] = (unsigned char)random();
        ck_assert_int_eq(sw_symbolize_decode_kind(packet, 512), -EPROTO);
        struct sw_symbolize_head head = {SW_SYMBOLIZE_MAGIC, SW_SYMBOLIZE_QUESTION, 0, 0};
        memcpy(packet, &head, sizeof(head));
        ck_assert_int_eq(sw_symbolize_decode_question(packet, 512, &question), -EPROTO);
    }
}
END_TEST

START_TEST(due_keeps_the_earlier_one)
{
    size_t text_length, json_length;
    shared.magic = SW_SYMBOLIZE_MAGIC;
    ck_assert_ptr_null(sw_symbolize_due_load(&shared, &text_length, &json_length));
    sw_symbolize_due_store(&shared, "one\n", 4, "{}\n", 3);
    const struct sw_symbolize_slot *first =
        sw_symbolize_due_load(&shared, &text_length, &json_length);
    ck_assert_ptr_nonnull(first);
    ck_assert_uint_eq(text_length, 4);
    sw_symbolize_due_store(&shared, "two\n", 4, NULL, 0);
    const struct sw_symbolize_slot *second =
        sw_symbolize_due_load(&shared, &text_length, &json_length);
    ck_assert_ptr_ne(first, second);
    ck_assert_int_eq(memcmp(first->text, "one\n", 4), 0);
    ck_assert_int_eq(memcmp(second->text, "two\n", 4), 0);
    ck_assert_uint_eq(json_length, 0);
    shared.slots[shared.current - 1].text_length = SW_SYMBOLIZE_DUE_TEXT + 1;
    ck_assert_ptr_null(sw_symbolize_due_load(&shared, &text_length, &json_length));
    shared.current = 3;
    ck_assert_ptr_null(sw_symbolize_due_load(&shared, &text_length, &json_length));
}
END_TEST

START_TEST(due_loses_whole_lines)
{
    size_t text_length, json_length, size = SW_SYMBOLIZE_DUE_TEXT + 10;
    char *text = filled(size);
    shared.magic = SW_SYMBOLIZE_MAGIC;
    text[3] = text[99] = text[size - 1] = '\n';
    sw_symbolize_due_store(&shared, text, size, NULL, 0);
    const struct sw_symbolize_slot *slot =
        sw_symbolize_due_load(&shared, &text_length, &json_length);
    ck_assert_ptr_nonnull(slot);
    ck_assert_uint_eq(text_length, size - 100);
    ck_assert_int_eq(slot->text[0], 'x');
    free(text);
}
END_TEST

static const struct {
    const char *linked, *shown;
} names[] = {
    {"_ZN4shop7Counter5serveEPKc", "shop::Counter::serve(char const*)"},
    {"_Z9innermostIlEvT_", "innermost<long>(long)"}, /* its return type left out */
    {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
    {"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
    {"_RINvNtC3std3mem8align_ofjEC3foo", "std::mem::align_of::<usize>"},
    {"plain_c_name", "plain_c_name"},
    {"_Z", "_Z"},
    {"_ZN", "_ZN"},
    {"_Rnonsense", "_Rnonsense"},
    {"", ""},
};

START_TEST(demangling)
{
    char to[128];
    sw_demangle(names[_i].linked, to, sizeof(to));
    ck_assert_str_eq(to, names[_i].shown);
}
END_TEST

START_TEST(cutting)
{
    char to[8];
    sw_demangle("1234567", to, sizeof(to));
    ck_assert_str_eq(to, "1234567");
    sw_demangle("12345678", to, sizeof(to));
    ck_assert_str_eq(to, "1234...");
    sw_demangle("123\xc3\xa4"
                "5678",
                to, sizeof(to));
    ck_assert_str_eq(to, "123...");
    sw_demangle(NULL, to, sizeof(to));
    ck_assert_str_eq(to, "");
    char *deep = filled(3000);
    memset(deep, 'P', 3000);
    memcpy(deep, "_Z1f", 4);
    char longer[SW_SYMBOLIZE_FUNCTION + 1];
    sw_demangle(deep, longer, sizeof(longer)); /* ends, in bounds */
    ck_assert_uint_le(strlen(longer), SW_SYMBOLIZE_FUNCTION);
    free(deep);
}
END_TEST

static void fixture_path(char path[PATH_MAX], const char *name)
{
    const char *build = getenv("STALLWATCH_BUILD");
    char relative[PATH_MAX];
    snprintf(relative, sizeof(relative), "%s/fixtures/%s", build != NULL ? build : "build", name);
    ck_assert_msg(realpath(relative, path) != NULL, "%s is missing", relative);
}

/* Runs the fixture, and asks for where its innermost call was made. Returns its fixture_line. */
static int *ask_fixture(const char *name, const char *build_id, const char *symbol)
{
    char path[PATH_MAX];
    Dl_info info;
    fixture_path(path, name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    void (*run)(void) = (void (*)(void))dlsym(library, "fixture_run");
    void **address = dlsym(library, "fixture_address");
    int *line = dlsym(library, "fixture_line");
    ck_assert(run != NULL && address != NULL && line != NULL);
    run();
    ck_assert_int_ne(dladdr(*address, &info), 0);
    memset(&question, 0, sizeof(question));
    question.sequence = 5;
    question.index = 6;
    question.address = (uint64_t)*address - (uint64_t)info.dli_fbase - 1;
    strcpy(question.path, path);
    strcpy(question.build_id, build_id);
    strcpy(question.symbol, symbol);
    sw_lines_find(&question, &answer);
    ck_assert_uint_eq(answer.sequence, 5);
    ck_assert_uint_eq(answer.index, 6);
    return line;
}

static void check_line(unsigned index, const char *function, const char *file, int line)
{
    const struct sw_symbolize_line *got = &answer.lines[index];
    ck_assert_str_eq(got->function, function);
    ck_assert_uint_eq(got->line, (unsigned)line);
    ck_assert_msg(got->file[0] == '/', "%s", got->file);
    ck_assert_str_eq(strrchr(got->file, '/') + 1, file);
    ck_assert_int_eq(access(got->file, R_OK), 0);
}

static const char *const c_fixtures[] = {"lines_c.so", "lines_split.so", "lines_clang.so"};

START_TEST(lines_of_c)
{
    int *line = ask_fixture(c_fixtures[_i], "", "");
    ck_assert_uint_eq(answer.count, 3);
    check_line(0, "innermost", "lines_c.c", line[0]);
    check_line(1, "middle", "lines_c.c", line[1]);
    check_line(2, "fixture_run", "lines_c.c", line[2]);
}
END_TEST

START_TEST(lines_of_cpp)
{
    int *line = ask_fixture("lines_cpp.so", "", "");
    ck_assert_uint_eq(answer.count, 3);
    /* gcc gives no linkage name to what it emits no symbol for. */
    check_line(0, "shop::innermost<long int>", "lines_cpp.cpp", line[0]);
    check_line(1, "shop::Counter::middle(int)", "lines_cpp.cpp", line[1]);
    check_line(2, "shop::Counter::serve(char const*)", "lines_cpp.cpp", line[2]);
}
END_TEST

START_TEST(no_debug_information)
{
    ask_fixture("lines_plain.so", "", "_ZN4shop7Counter5serveEPKc");
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_str_eq(answer.lines[0].function, "shop::Counter::serve(char const*)");
    ck_assert_str_eq(answer.lines[0].file, "");
    ask_fixture("lines_plain.so", "", ""); /* the file's own symbol */
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_str_eq(answer.lines[0].function, "fixture_run");
}
END_TEST

START_TEST(other_build_id)
{
    ask_fixture("lines_c.so", "00112233445566778899aabbccddeeff00112233", "_Z3foov");
    ck_assert_uint_eq(answer.count, 1);
    ck_assert_str_eq(answer.lines[0].function, "foo()");
    ck_assert_uint_eq(answer.lines[0].line, 0);
    ck_assert_int_eq(sw_lines_find(&question, &answer), -ESTALE);
}
END_TEST

static int find_in(const char *path)
{
    memset(&question, 0, sizeof(question));
    strcpy(question.path, path);
    question.address = 0x1000;
    int error = sw_lines_find(&question, &answer);
    ck_assert_uint_eq(answer.count, 0);
    return error;
}

START_TEST(files_that_are_none)
{
    char directory[] = "/tmp/stallwatch-test-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/x", directory);
    ck_assert_int_eq(find_in(path), -ENOENT);
    ck_assert_int_eq(find_in(directory), -EINVAL);
    ck_assert_int_eq(find_in("/dev/zero"), -EINVAL);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(find_in(path), -EINVAL); /* and does not wait for a writer */
    unlink(path);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("\177ELF\2\1\1 and nothing of the kind", file);
    fclose(file);
    ck_assert_int_eq(find_in(path), -ENOEXEC);
    unlink(path);
    rmdir(directory);
    ck_assert_int_eq(find_in("[vdso]"), 0);
}
END_TEST

/* More files than are kept open, and the first again. */
START_TEST(many_files)
{
    char directory[] = "/tmp/stallwatch-test-XXXXXX", original[PATH_MAX], path[64];
    ck_assert_ptr_nonnull(mkdtemp(directory));
    fixture_path(original, "lines_c.so");
    for (unsigned i = 0; i < 80; i++) {
        snprintf(path, sizeof(path), "%s/%u", directory, i % 40);
        if (i < 40)
            ck_assert_int_eq(symlink(original, path), 0);
        ask_fixture("lines_c.so", "", "");
        strcpy(question.path, path);
        ck_assert_int_eq(sw_lines_find(&question, &answer), 0);
        ck_assert_uint_eq(answer.count, 3);
    }
    for (unsigned i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), "%s/%u", directory, i);
        unlink(path);
    }
    rmdir(directory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbolize");
    TCase *protocol = tcase_create("protocol"), *lines = tcase_create("lines");
    tcase_add_test(protocol, question_there_and_back);
    tcase_add_test(protocol, question_bounds);
    tcase_add_test(protocol, longest_answer_fits);
    tcase_add_test(protocol, hostile_packets);
    tcase_add_test(protocol, due_keeps_the_earlier_one);
    tcase_add_test(protocol, due_loses_whole_lines);
    tcase_add_loop_test(lines, demangling, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(lines, cutting);
    tcase_add_loop_test(lines, lines_of_c, 0, sizeof(c_fixtures) / sizeof(c_fixtures[0]));
    tcase_add_test(lines, lines_of_cpp);
    tcase_add_test(lines, no_debug_information);
    tcase_add_test(lines, other_build_id);
    tcase_add_test(lines, files_that_are_none);
    tcase_add_test(lines, many_files);
    suite_add_tcase(suite, protocol);
    suite_add_tcase(suite, lines);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
