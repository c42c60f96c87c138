/* Compiled code of V8's as it lies in memory, made here by hand: functions inlined into it, the
 * compilers' several ways to say where a call returns to, the baseline compiler's table; and tables
 * that lie. */
#include "preload/languages/v8_code.h"

#include <check.h>
#include <string.h>

#include "v8_fixture.h"

enum type {
    TYPE_ARRAY = 299,
    TYPE_SHARED,
    TYPE_SCRIPT,
    TYPE_SCOPE,
    TYPE_BYTES,
    TYPE_BYTECODE,
    TYPE_CODE,
    TYPE_STREAM,
    TYPE_DATA
};

#define HEADER 32  /* bytes before the instructions */
#define SIZE   700 /* bytes of them */
#define CALL   333 /* returns to there */
#define FIRST  11  /* word of the first place where it can be given up */

static struct sw_v8_layout layout = {
    .map_type = 12,
    .array_length = 8,
    .array_data = 16,
    .shared_name = 16,
    .shared_script = 32,
    .scope_first = 5,
    .bytecode_length = 8,
    .bytecode_data = 40,
    .bytecode_positions = 24,
    .code_header = HEADER,
    .code_deopts = 8,
    .code_size = 52,
    .code_flags = 48,
    .code_kind_mask = 15,
    .code_baseline = 10,
    .shared_in_wrapper = SW_V8_NONE,
    .deopts_literals = 2,
    .deopts_shared = 6,
    .deopts_positions = 7,
    .deopts_first = FIRST,
    .type_shared = TYPE_SHARED,
    .type_script = TYPE_SCRIPT,
    .type_scope_info = TYPE_SCOPE,
    .type_byte_array = TYPE_BYTES,
    .type_trusted_byte_array = TYPE_BYTES,
    .type_fixed_array = TYPE_ARRAY,
    .type_trusted_fixed_array = TYPE_ARRAY,
    .type_protected_fixed_array = TYPE_ARRAY,
    .type_bytecode_array = TYPE_BYTECODE,
    .type_interpreter_data = TYPE_DATA,
    .type_code = TYPE_CODE,
    .type_stream = TYPE_STREAM,
};

/* outer called middle at 120, which called inner at 230, which made the call at 340: its bytecode
 * 7. All of it compiled into outer. */
static uint64_t inner, middle, outer;
static uint64_t *code, *deopts, *literals, *inlined;
static uint8_t *instructions; /* of the stream's */
static struct sw_v8_function function;
static struct sw_v8_place places[SW_V8_INLINED];

static uint64_t bytes_of(const void *bytes, size_t length)
{
    uint64_t *array = object(TYPE_BYTES, 3 + (unsigned)length / 8);
    array[1] = small((int64_t)length);
    memcpy(array + 2, bytes, length);
    return tagged(array);
}

static int64_t packed(int64_t position, int64_t id)
{
    return (position + 1) << 1 | (id + 1) << 31;
}

struct entry {
    int64_t offset, position, id;
};

static uint64_t table_of(const struct entry *entries, unsigned count)
{
    uint8_t bytes[128];
    size_t length = 0;
    int64_t offset = -1, before = 0;
    for (unsigned i = 0; i < count; i++) {
        int64_t now = packed(entries[i].position, entries[i].id), growth = now - before;
        length += put_bits(bytes + length, (uint64_t)(entries[i].offset - offset) << 1);
        length += put_bits(bytes + length, (uint64_t)growth << 1 ^ (uint64_t)(growth >> 63));
        offset = entries[i].offset;
        before = now;
    }
    return bytes_of(bytes, length);
}

static uint64_t *array_of(unsigned count)
{
    uint64_t *array = object(TYPE_ARRAY, 2 + count);
    array[1] = small(count);
    return array;
}

/* A function whose bytecode `call` is at that position. */
static uint64_t shared_of(int64_t call, int64_t position)
{
    struct entry entries[] = {
        {-1, position - 20, -1}, {0, position - 10, -1}, {call, position, -1}};
    uint64_t *shared = object(TYPE_SHARED, 6), *bytecode = object(TYPE_BYTECODE, 16);
    bytecode[1] = small(60);
    bytecode[3] = table_of(entries, 3);
    shared[1] = tagged(bytecode);
    shared[4] = tagged(object(TYPE_SCRIPT, 8));
    sw_memory_forget();
    return tagged(shared);
}

/* The code in its page, a byte of other code's before it. */
static void make_stream(void)
{
    uint8_t *page = aligned_alloc(4096, 8192);
    memset(page, 0xcc, 8192);
    uint64_t *stream = (uint64_t *)(void *)(page + 4096 - HEADER), *map = object(TYPE_STREAM, 4);
    stream[0] = map[0];
    stream[1] = tagged(code);
    instructions = page + 4096;
}

static void place_at(unsigned which, int64_t bytecode, int64_t pc)
{
    uint64_t *entry = deopts + 2 + FIRST + which * 3;
    entry[0] = small(bytecode);
    entry[2] = small(pc);
}

static void setup(void)
{
    static const struct entry calls[] = {{100, 111, -1}, {CALL - 5, 340, 1}, {CALL, 222, 0}};
    struct {
        int64_t position;
        int32_t which, padding;
    } positions[] = {{packed(120, -1), 0, 0}, {packed(230, 0), 1, 0}};
    inner = shared_of(7, 340);
    middle = shared_of(9, 230);
    outer = shared_of(5, 120);
    code = object(TYPE_CODE, 8);
    deopts = array_of(FIRST + 9);
    literals = array_of(3);
    literals[2] = middle;
    literals[3] = inner | 2; /* weak */
    inlined = (uint64_t *)(uintptr_t)(bytes_of(positions, sizeof positions) - 1);
    code[1] = tagged(deopts);
    code[2] = table_of(calls, 3);
    uint32_t size = SIZE;
    memcpy((char *)code + 52, &size, sizeof size);
    deopts[2 + 2] = tagged(literals);
    deopts[2 + 6] = outer;
    deopts[2 + 7] = tagged(inlined);
    place_at(0, 3, -1);
    place_at(1, 7, CALL);
    place_at(2, 1, 690);
    make_stream();
    sw_memory_forget();
    ck_assert(sw_v8_function_of_shared(&layout, outer, &function));
}

static unsigned ask(uint64_t offset, bool at_call)
{
    sw_memory_forget();
    return sw_v8_code_places(&layout, (uint64_t)(uintptr_t)instructions + offset, at_call,
                             &function, places);
}

static void expect_three(void)
{
    ck_assert_uint_eq(ask(CALL, true), 3);
    ck_assert_uint_eq(places[0].function.shared, inner);
    ck_assert_int_eq(places[0].position, 340);
    ck_assert_uint_eq(places[1].function.shared, middle);
    ck_assert_int_eq(places[1].position, 230);
    ck_assert_uint_eq(places[2].function.shared, outer);
    ck_assert_int_eq(places[2].position, 120);
}

START_TEST(inlined_functions)
{
    expect_three();
    ck_assert_uint_eq(ask(CALL, false), 0);    /* an instruction: of whom, nobody knows */
    ck_assert_uint_eq(ask(CALL + 8, true), 0); /* a call that cannot give the code up */
    ck_assert_uint_eq(ask(690, true), 0);      /* the position before belongs to another call */
    function.shared = middle;                  /* the frame is of another function */
    ck_assert_uint_eq(ask(CALL, true), 0);
}
END_TEST

/* Maglev notes where the code is given up, and the calls beside the safepoints. */
START_TEST(safepoints)
{
    static const uint32_t head[4] = {5, 2, 1 | 1 << 1 | 2 << 4 | 1 << 7, 0};
    static const uint8_t entries[] = {40,         0,         1, 0xb2, 2, 0, 0,
                                      CALL & 255, CALL >> 8, 2, 0xba, 2, 0, 0};
    uint32_t turbofan = 0x10c, maglev = 0x10b;
    place_at(1, 7, 697);
    memcpy((char *)code + 48, &maglev, sizeof maglev);
    ck_assert_uint_eq(ask(CALL, true), 0);
    memcpy(instructions + SIZE, head, sizeof head);
    memcpy(instructions + SIZE + sizeof head, entries, sizeof entries);
    expect_three();
    memcpy((char *)code + 48, &turbofan, sizeof turbofan); /* whose table is another */
    ck_assert_uint_eq(ask(CALL, true), 0);
    memcpy((char *)code + 48, &maglev, sizeof maglev);
    instructions[SIZE + 4] = 1; /* the second one is none any more */
    ck_assert_uint_eq(ask(CALL, true), 0);
    memset(instructions + SIZE, 0xff, sizeof head);
    ck_assert_uint_eq(ask(CALL, true), 0);
}
END_TEST

/* All that was found has to agree. */
START_TEST(tables_that_lie)
{
    place_at(1, 2, CALL); /* another bytecode, of another position */
    ck_assert_uint_eq(ask(CALL, true), 0);
    place_at(1, 61, CALL); /* beyond the last, whose position it would have */
    ck_assert_uint_eq(ask(CALL, true), 0);
    place_at(1, 7, CALL);
    expect_three();
    literals[1] = small(1); /* the inner one is beyond */
    ck_assert_uint_eq(ask(CALL, true), 0);
    literals[1] = small(3);
    inlined[1] = small(16);
    ck_assert_uint_eq(ask(CALL, true), 0);
    inlined[1] = small(32);
    inlined[4] = (uint64_t)packed(230, 1); /* inlined into itself */
    ck_assert_uint_eq(ask(CALL, true), 0);
    inlined[4] = (uint64_t)packed(230, 0);
    literals[3] = tagged(object(TYPE_SCRIPT, 8));
    ck_assert_uint_eq(ask(CALL, true), 0);
    literals[3] = inner;
    expect_three();
    deopts[1] = small(4);
    ck_assert_uint_eq(ask(CALL, true), 0);
    code[1] = small(9);
    ck_assert_uint_eq(ask(CALL, true), 0);
    layout.code_header = SW_V8_NONE; /* a version that does not say */
    ck_assert_uint_eq(ask(CALL, true), 0);
    layout.code_header = HEADER;
}
END_TEST

#if defined(__x86_64__)
static void put(unsigned at, const void *bytes, size_t length)
{
    memcpy(instructions + at, bytes, length);
}

/* A loop at 200, whose check for interrupts calls at 328 what returns to CALL. */
static void put_loop(void)
{
    static const uint8_t loop[] = {0x49, 0x3b, 0x65, 0xa0,         /* cmp rsp,[r13-0x60] */
                                   0x0f, 0x86, 118,  0,    0,   0, /* jbe 328 */
                                   0x90, 0x74, 20,                 /* nop; jz 233 */
                                   0x48, 0x01, 0xd8, 0xeb, 0xee};  /* add rax,rbx; jmp 200 */
    static const uint8_t call[] = {0xe8, 0, 0, 0, 0, 0xe9, 0x7b, 0xff, 0xff, 0xff}; /* jmp 210 */
    put(200, loop, sizeof loop);
    put(328, call, sizeof call);
}

START_TEST(code_that_computes_in_a_loop)
{
    static const uint8_t flag[] = {0x41, 0x80, 0x7d, 0xb1, 0, 0x0f, 0x85, 117, 0, 0, 0, 0xeb, 0xf3};
    put_loop();
    static const unsigned inside[] = {200, 204, 210, 211, 213, 216};
    for (unsigned i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        ck_assert_uint_eq(ask(inside[i], false), 3);
        ck_assert_uint_eq(places[0].function.shared, inner);
        ck_assert_int_eq(places[0].position, 340);
    }
    ck_assert_uint_eq(ask(211, true), 3); /* a call that cannot give the code up, in the loop */
    ck_assert_uint_eq(ask(233, false), 0);
    put(200, flag, sizeof flag); /* later versions': cmp byte [r13-0x4f],0; jnz 328; jmp 200 */
    ck_assert_uint_eq(ask(205, false), 3);
}
END_TEST

START_TEST(loops_that_say_nothing)
{
    static const uint8_t compare[] = {0x49, 0x3b, 0x45, 0xa0}, jump[] = {0xeb, 0xfe};
    put_loop();
    put(200, compare, sizeof compare); /* rax, not rsp */
    ck_assert_uint_eq(ask(210, false), 0);
    put_loop();
    put(328, "\xcc", 1); /* no call there */
    ck_assert_uint_eq(ask(210, false), 0);
    put_loop();
    put(328, "\x90\xe8\0\0\0\0", 6); /* what it returns to is no place to give it up */
    ck_assert_uint_eq(ask(210, false), 0);
    put(500, jump, sizeof jump);
    ck_assert_uint_eq(ask(500, false), 0);
    memset(instructions + 100, 0x90, 3900 - 100); /* a long way, and no end */
    ck_assert_uint_eq(ask(120, false), 0);
}
END_TEST
#endif

/* What comes before it in memory may be anything; far away is too far. */
START_TEST(no_code)
{
    sw_memory_forget();
    ck_assert_uint_eq(sw_v8_code_places(&layout, 0, true, &function, places), 0);
    ck_assert_uint_eq(sw_v8_code_places(&layout, 64, true, &function, places), 0);
    ck_assert_uint_eq(sw_v8_code_places(&layout, UINT64_MAX, false, &function, places), 0);
    memset(instructions - HEADER, 0, 8);
    ck_assert_uint_eq(ask(CALL, true), 0);
}
END_TEST

/* The baseline compiler's: 20 bytes of code for the entry, then for the bytecodes 0 (2 bytes), 2 (a
 * wide one of 4 and its prefix), 7. */
START_TEST(baseline)
{
    static const uint8_t table[] = {20, 30, 0x80 | 4, 1, 9};
    uint64_t bytecode = ((uint64_t *)(uintptr_t)(outer - 1))[1];
    uint8_t *codes = (uint8_t *)(uintptr_t)(bytecode - 1 + 40);
    struct entry entries[] = {{-1, 100, -1}, {0, 110, -1}, {2, 115, -1}, {7, 120, -1}};
    ((uint64_t *)(uintptr_t)(bytecode - 1))[3] = table_of(entries, 4);
    codes[0] = 20;
    codes[2] = 0; /* Wide */
    codes[3] = 21;
    codes[7] = 20;
    layout.bytecodes = 30;
    layout.bytecode_size[0][20] = 2;
    layout.bytecode_size[1][21] = 4;
    code[1] = bytecode;
    code[2] = bytes_of(table, sizeof table);
    ck_assert_uint_eq(ask(50, true), 1);
    ck_assert_int_eq(places[0].position, 110);
    ck_assert_uint_eq(ask(50, false), 1); /* the instruction behind it is the next one's */
    ck_assert_int_eq(places[0].position, 115);
    ck_assert_uint_eq(ask(182, true), 1);
    ck_assert_int_eq(places[0].position, 115);
    ck_assert_uint_eq(ask(191, true), 1);
    ck_assert_int_eq(places[0].position, 120);
    ck_assert_uint_eq(ask(20, true), 0);  /* the entry */
    ck_assert_uint_eq(ask(192, true), 0); /* past the table's end */
    uint64_t *data = object(TYPE_DATA, 3);
    data[1] = bytecode;
    code[1] = tagged(data);
    ck_assert_uint_eq(ask(50, true), 1);
    codes[0] = 29; /* a bytecode of no length */
    ck_assert_uint_eq(ask(182, true), 0);
    code[1] = ((uint64_t *)(uintptr_t)(middle - 1))[1]; /* another function's */
    ck_assert_uint_eq(ask(50, true), 0);
    layout.bytecodes = 0;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("v8_code");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, inlined_functions);
    tcase_add_test(all, safepoints);
    tcase_add_test(all, tables_that_lie);
#if defined(__x86_64__)
    tcase_add_test(all, code_that_computes_in_a_loop);
    tcase_add_test(all, loops_that_say_nothing);
#endif
    tcase_add_test(all, no_code);
    tcase_add_test(all, baseline);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
