/* Lengths and kinds of instructions: by hand where compilers make none, and for whole libraries of
 * this machine as objdump has them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/stack/instruction.h"

#define MOST_INSTRUCTIONS 400000 /* of one file: what a test may take */

static const struct {
    const char *bytes; /* hex */
    unsigned length;   /* 0: none */
    enum sw_instruction_kind kind;
    uint64_t target; /* at 0x1000 */
} known[] = {
    {"c3", 1, SW_INSTRUCTION_END, 0},
    {"f3c3", 2, SW_INSTRUCTION_END, 0},
    {"c20800", 3, SW_INSTRUCTION_END, 0},
    {"0f0b", 2, SW_INSTRUCTION_END, 0},
    {"f4", 1, SW_INSTRUCTION_END, 0},
    {"e8fbffffff", 5, SW_INSTRUCTION_CALL, 0x1000},
    {"67e8fbffffff", 6, SW_INSTRUCTION_CALL, 0x1001},
    {"6648e800000000", 7, SW_INSTRUCTION_CALL, 0x1007},
    {"ff1510000000", 6, SW_INSTRUCTION_CALL_AT, 0x1016},
    {"41ff5510", 4, SW_INSTRUCTION_CALL_ANY, 0},
    {"ffd0", 2, SW_INSTRUCTION_CALL_ANY, 0},
    {"eb10", 2, SW_INSTRUCTION_JUMP, 0x1012},
    {"ebfe", 2, SW_INSTRUCTION_JUMP, 0x1000},
    {"e900010000", 5, SW_INSTRUCTION_JUMP, 0x1105},
    {"f2ff2510000000", 7, SW_INSTRUCTION_JUMP_AT, 0x1017},
    {"3effe0", 3, SW_INSTRUCTION_JUMP_ANY, 0},
    {"ff24c500000000", 7, SW_INSTRUCTION_JUMP_ANY, 0},
    {"75fc", 2, SW_INSTRUCTION_BRANCH, 0xffe},
    {"2e75fc", 3, SW_INSTRUCTION_BRANCH, 0xfff},
    {"0f8400000000", 6, SW_INSTRUCTION_BRANCH, 0x1006},
    {"e2fe", 2, SW_INSTRUCTION_BRANCH, 0x1000},
    {"f30f1efa", 4, SW_INSTRUCTION_PLAIN, 0},
    {"48b80102030405060708", 10, SW_INSTRUCTION_PLAIN, 0},
    {"66b80102", 4, SW_INSTRUCTION_PLAIN, 0},
    {"48a10102030405060708", 10, SW_INSTRUCTION_PLAIN, 0},
    {"67a101020304", 6, SW_INSTRUCTION_PLAIN, 0},
    {"c8100000", 4, SW_INSTRUCTION_PLAIN, 0},
    {"66c7000102", 5, SW_INSTRUCTION_PLAIN, 0},
    {"6648c70001020304", 8, SW_INSTRUCTION_PLAIN, 0},
    {"4866c7000102", 6, SW_INSTRUCTION_PLAIN, 0}, /* a REX before a prefix does not count */
    {"f6042501020304aa", 8, SW_INSTRUCTION_PLAIN, 0},
    {"f7d8", 2, SW_INSTRUCTION_PLAIN, 0},
    {"f7c001020304", 6, SW_INSTRUCTION_PLAIN, 0},
    {"0f20c0", 3, SW_INSTRUCTION_PLAIN, 0},
    {"0f2000", 3, SW_INSTRUCTION_PLAIN, 0},
    {"c5f877", 3, SW_INSTRUCTION_PLAIN, 0},
    {"c5f970c0aa", 5, SW_INSTRUCTION_PLAIN, 0},
    {"c5f890c8", 4, SW_INSTRUCTION_PLAIN, 0}, /* kmovw: 0f 90 is another one without VEX */
    {"c4e37d18c001", 6, SW_INSTRUCTION_PLAIN, 0},
    {"62f17c486f4001", 7, SW_INSTRUCTION_PLAIN, 0},
    {"62f3fd4825c0ff", 7, SW_INSTRUCTION_PLAIN, 0},
    {"8fe97880c0", 5, SW_INSTRUCTION_PLAIN, 0}, /* XOP */
    {"8f00", 2, SW_INSTRUCTION_PLAIN, 0},       /* pop */
    {"660f78c00102", 6, SW_INSTRUCTION_PLAIN, 0},
    {"0f0fc0b4", 4, SW_INSTRUCTION_PLAIN, 0},
    {"0f3800c0", 4, SW_INSTRUCTION_PLAIN, 0},
    {"0f3a0fc008", 5, SW_INSTRUCTION_PLAIN, 0},
    {"06", 0, 0, 0},
    {"ea", 0, 0, 0},
    {"e8fbffff", 0, 0, 0}, /* cut off */
    {"48", 0, 0, 0},
    {"", 0, 0, 0},
    {"66666666666666666666666666666690", 0, 0, 0}, /* 16 bytes */
};

static unsigned from_hex(const char *hex, uint8_t *bytes, unsigned most)
{
    unsigned count = 0, byte;
    hex += strspn(hex, " ");
    while (count < most && *hex != '\t' && sscanf(hex, "%2x", &byte) == 1) {
        bytes[count++] = (uint8_t)byte;
        hex += 2;
        hex += strspn(hex, " ");
    }
    return count;
}

START_TEST(by_hand)
{
    uint8_t bytes[32];
    struct sw_instruction found = {0};
    unsigned size = from_hex(known[_i].bytes, bytes, sizeof bytes);
    bool decoded = sw_instruction_decode(bytes, size, 0x1000, &found);
    ck_assert_msg(decoded == (known[_i].length != 0), "%s", known[_i].bytes);
    if (!decoded)
        return;
    ck_assert_uint_eq(found.length, known[_i].length);
    ck_assert_int_eq(found.kind, known[_i].kind);
    if (known[_i].target != 0)
        ck_assert_uint_eq(found.target, known[_i].target);
}
END_TEST

static bool begins(const char *string, const char *with)
{
    return strncmp(string, with, strlen(with)) == 0;
}

/* What objdump's name of the instruction says of it; prefixes are words before it. */
static enum sw_instruction_kind kind_by_name(const char *text)
{
    static const char *const prefixes[] = {"bnd ",  "notrack ", "data16 ", "cs ", "ds ",   "rex.W ",
                                           "repz ", "repnz ",   "addr32 ", "es ", "lock ", "ss "};
    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (begins(text, prefixes[i]))
            return kind_by_name(text + strlen(prefixes[i]) +
                                strspn(text + strlen(prefixes[i]), " "));
    bool star = strstr(text, " *") != NULL, relative = strstr(text, "(%rip)") != NULL;
    if (begins(text, "call") || begins(text, "lcall"))
        return !star      ? SW_INSTRUCTION_CALL
               : relative ? SW_INSTRUCTION_CALL_AT
                          : SW_INSTRUCTION_CALL_ANY;
    if (begins(text, "jmp") || begins(text, "ljmp"))
        return !star      ? SW_INSTRUCTION_JUMP
               : relative ? SW_INSTRUCTION_JUMP_AT
                          : SW_INSTRUCTION_JUMP_ANY;
    if (text[0] == 'j' || begins(text, "loop"))
        return SW_INSTRUCTION_BRANCH;
    if (begins(text, "ret") || begins(text, "ud2") || begins(text, "hlt") || begins(text, "lret") ||
        begins(text, "iret"))
        return SW_INSTRUCTION_END;
    return SW_INSTRUCTION_PLAIN;
}

/* Data among the code, and prefixes that objdump shows as lines of their own. */
static bool is_no_instruction(const char *text)
{
    static const char *const odd[] = {"(bad)",   ".byte",  "rex",  "data16\n", "repz\n",
                                      "repnz\n", "lock\n", "fs\n", "gs\n",     "fwait"};
    for (unsigned i = 0; i < sizeof odd / sizeof odd[0]; i++)
        if (begins(text, odd[i]) || strstr(text, "(bad)") != NULL)
            return true;
    return false;
}

/* A line is "  address:\tbytes\tname operands"; false where it is none. */
static bool check_line(const char *line, const char *file)
{
    uint8_t bytes[16];
    char *end;
    uint64_t address = strtoull(line, &end, 16);
    if (line[0] != ' ' || begins(end, ":\t") == 0)
        return false;
    const char *text = strchr(end + 2, '\t');
    unsigned size = from_hex(end + 2, bytes, sizeof bytes);
    if (text == NULL || is_no_instruction(text + 1) || bytes[0] == 0x9b)
        return false;
    struct sw_instruction found;
    ck_assert_msg(sw_instruction_decode(bytes, size, address, &found), "%s: %s", file, line);
    enum sw_instruction_kind kind = kind_by_name(text + 1);
    ck_assert_msg(found.length == size && found.kind == kind, "%s: length %u, kind %d: %s", file,
                  found.length, (int)found.kind, line);
    if (kind == SW_INSTRUCTION_CALL || kind == SW_INSTRUCTION_JUMP ||
        kind == SW_INSTRUCTION_BRANCH) {
        const char *operand = text + 1 + strcspn(text + 1, " ");
        while (begins(operand, " ") && strtoull(operand, &end, 16) == 0)
            operand += 1 + strcspn(operand + 1, " ");
        ck_assert_msg(strtoull(operand, NULL, 16) == found.target, "%s: target %lx: %s", file,
                      (unsigned long)found.target, line);
    }
    return true;
}

static const char *const files[] = {
    "/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/python3",      "/usr/bin/node",
    "/lib/x86_64-linux-gnu/libm.so.6", "/usr/bin/redis-server", "/lib/x86_64-linux-gnu/libuv.so.1"};

START_TEST(as_objdump_has_them)
{
    char command[512], line[1024];
    unsigned count = 0;
    struct stat file;
    if (stat(files[_i], &file) != 0 || system("command -v objdump >/dev/null") != 0) {
        fprintf(stderr, "not compared: no %s, or no objdump\n", files[_i]);
        return;
    }
    if (file.st_size < 100000) {
        fprintf(stderr, "not compared: the code of %s is in a library\n", files[_i]);
        return;
    }
    snprintf(command, sizeof command,

             "objdump -d -w --insn-width=15 %s | head -%d", files[_i], MOST_INSTRUCTIONS);
    FILE *listing = popen(command, "r");
    ck_assert_ptr_nonnull(listing);
    while (fgets(line, sizeof line, listing) != NULL)
        count += check_line(line, files[_i]);
    pclose(listing);
    ck_assert_uint_gt(count, 10000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instruction");
    TCase *tests = tcase_create("instruction");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, by_hand, 0, sizeof known / sizeof known[0]);
    tcase_add_loop_test(tests, as_objdump_has_them, 0, sizeof files / sizeof files[0]);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
