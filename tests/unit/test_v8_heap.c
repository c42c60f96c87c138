/* V8's objects as they lie in memory, made here by hand: strings of every kind, tables of source
 * positions, lines; and what a walk over a heap that is being collected can meet instead. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "preload/languages/v8_function.h"
#include "preload/languages/v8_heap.h"
#include "preload/languages/v8_lines.h"
#include "preload/stack/memory.h"
#include "v8_fixture.h"

enum type { TYPE_SHARED = 300, TYPE_SCRIPT, TYPE_SCOPE, TYPE_BYTES, TYPE_FUNCTION = 2000 };

static const struct sw_v8_layout layout = {
    .map_type = 12,
    .string_length = 12,
    .string_chars = 16,
    .cons_first = 16,
    .cons_second = 24,
    .sliced_parent = 16,
    .sliced_offset = 24,
    .thin_actual = 16,
    .external_data = 24,
    .not_string = 128,
    .array_length = 8,
    .array_data = 16,
    .type_shared = TYPE_SHARED,
    .type_script = TYPE_SCRIPT,
    .type_scope_info = TYPE_SCOPE,
    .type_byte_array = TYPE_BYTES,
    .type_trusted_byte_array = TYPE_BYTES,
    .type_fixed_array = 299,
    .function_first = TYPE_FUNCTION,
    .function_last = TYPE_FUNCTION + 16,
    .function_shared = 24,
    .shared_name = 16,
    .shared_script = 32,
    .script_source = 8,
    .script_name = 16,
    .script_line_offset = 24,
    .script_line_ends = 56,
    .scope_locals = 2,
    .scope_first = 3,
};

static void set_length(uint64_t *string, size_t length)
{
    uint32_t value = (uint32_t)length;
    memcpy((char *)string + 12, &value, sizeof value);
}

static uint64_t one_byte(const char *text)
{
    uint64_t *string = object(8, 3 + (unsigned)strlen(text) / 8);
    set_length(string, strlen(text));
    memcpy(string + 2, text, strlen(text));
    return tagged(string);
}

static uint64_t two_byte(const uint16_t *text, size_t length)
{
    uint64_t *string = object(0, 3 + (unsigned)length / 4);
    set_length(string, length);
    memcpy(string + 2, text, length * 2);
    return tagged(string);
}

static uint64_t cons(uint64_t first, uint64_t second, size_t length)
{
    uint64_t *string = object(1, 4);
    set_length(string, length);
    string[2] = first;
    string[3] = second;
    return tagged(string);
}

static const char *text_of(uint64_t string)
{
    static char text[256];
    sw_memory_forget();
    size_t length = sw_v8_string_utf8(&layout, string, text, sizeof text);
    ck_assert_uint_eq(length, strlen(text));
    return text;
}

START_TEST(strings)
{
    static const uint16_t wide[] = {'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 0xdc00};
    static const char data[] = "external characters";
    ck_assert_str_eq(text_of(one_byte("readFileSync")), "readFileSync");
    ck_assert_str_eq(text_of(one_byte("caf\xe9")), "caf\xc3\xa9"); /* Latin-1 */
    ck_assert_str_eq(text_of(two_byte(wide, 6)),
                     "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd");
    ck_assert_str_eq(text_of(cons(one_byte("/srv/"), one_byte("app.js"), 11)), "/srv/app.js");
    ck_assert_str_eq(text_of(cons(one_byte("flattened"), one_byte(""), 9)), "flattened");

    uint64_t *sliced = object(3, 4);
    set_length(sliced, 4);
    sliced[2] = one_byte("an app in it");
    sliced[3] = small(3);
    ck_assert_str_eq(text_of(tagged(sliced)), "app ");

    uint64_t *thin = object(5, 3);
    set_length(thin, 3);
    thin[2] = one_byte("old");
    ck_assert_str_eq(text_of(tagged(thin)), "old");

    uint64_t *external = object(2 | 8, 4);
    set_length(external, sizeof data - 1);
    external[3] = (uint64_t)(uintptr_t)data;
    ck_assert_str_eq(text_of(tagged(external)), data);
}
END_TEST

START_TEST(strings_that_are_none)
{
    char text[16];
    uint64_t words[8] = {0};
    ck_assert_str_eq(text_of(0), "");
    ck_assert_str_eq(text_of(small(5)), "");
    ck_assert_str_eq(text_of(1), "");
    ck_assert_str_eq(text_of(UINT64_MAX), "");
    ck_assert_str_eq(text_of(tagged(words)), ""); /* its map is none */
    words[0] = 0x5000001;                         /* ... nor anywhere */
    ck_assert_str_eq(text_of(tagged(words)), "");
    ck_assert_str_eq(text_of(tagged(object(TYPE_SCRIPT, 8))), "");

    uint64_t *circle = object(1, 4); /* a cons string of itself */
    set_length(circle, 100);
    circle[2] = circle[3] = tagged(circle);
    ck_assert_str_eq(text_of(tagged(circle)), "");
    uint64_t *slice = object(3, 4);
    set_length(slice, 100);
    slice[2] = tagged(slice);
    slice[3] = small(-7);
    ck_assert_str_eq(text_of(tagged(slice)), "");

    uint64_t *negative = object(8, 4);
    set_length(negative, (size_t)UINT32_MAX);
    ck_assert_str_eq(text_of(tagged(negative)), "");
    uint64_t *nowhere = object(2 | 8, 4); /* external, its characters gone */
    set_length(nowhere, 10);
    nowhere[3] = 0x1000;
    ck_assert_str_eq(text_of(tagged(nowhere)), "");

    /* Cut to the room, with its end. */
    ck_assert_uint_lt(
        sw_v8_string_utf8(&layout, one_byte("a name that is long"), text, sizeof text),
        sizeof text);
}
END_TEST

/* An expression `step` farther into the code, at a position that is `growth` farther. */
static size_t put_entry(uint8_t *to, bool flagged, uint64_t step, int64_t growth)
{
    size_t length = put_bits(to, flagged ? step << 2 | 2 : step << 1 | 1);
    uint64_t packed = (uint64_t)growth << 1;
    return length + put_bits(to + length, packed << 1 ^ (uint64_t)((int64_t)packed >> 63));
}

/* Offsets 0, 10 and 300 of the code are at positions 5, 70000 and 20 of the script. */
static uint64_t positions(bool flagged)
{
    uint8_t bytes[64];
    size_t length = put_entry(bytes, flagged, 0, 4); /* the function's entry, at -1 */
    length += put_entry(bytes + length, flagged, 1, 2);
    length += put_entry(bytes + length, flagged, 10, 70000 - 5);
    length += put_entry(bytes + length, flagged, 290, 20 - 70000);
    uint64_t *table = object(TYPE_BYTES, 12);
    table[1] = small((int64_t)length);
    memcpy(table + 2, bytes, length);
    return tagged(table);
}

START_TEST(source_positions)
{
    struct sw_v8_layout later = layout;
    uint64_t table = positions(false), flagged = positions(true);
    later.flagged_positions = 1;
    static const struct {
        int64_t offset, position;
    } expected[] = {{0, 5}, {9, 5}, {10, 70000}, {299, 70000}, {300, 20}, {100000, 20}};
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_int_eq(sw_v8_position_at(&layout, table, expected[i].offset),
                         expected[i].position);
        ck_assert_int_eq(sw_v8_position_at(&later, flagged, expected[i].offset),
                         expected[i].position);
    }
    ck_assert_int_eq(sw_v8_position_at(&layout, table, -2), -1);
    ck_assert_int_eq(sw_v8_position_at(&layout, one_byte("none"), 0), -1);
    uint64_t *cut = object(TYPE_BYTES, 4); /* its length is a lie, and its numbers have no end */
    cut[1] = small(1 << 20);
    memset(cut + 2, 0xff, 16);
    ck_assert_int_eq(sw_v8_position_at(&layout, tagged(cut), 1 << 30), -1);
}
END_TEST

static uint64_t script(uint64_t source, uint64_t name)
{
    uint64_t *made = object(TYPE_SCRIPT, 8);
    made[1] = source;
    made[2] = name;
    made[3] = small(0);
    made[7] = small(0);
    return tagged(made);
}

START_TEST(lines)
{
    uint64_t text = script(one_byte("one\ntwo\r\nthree\rfour\n"), one_byte("x"));
    static const uint32_t expected[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3,
                                        3, 3, 3, 3, 4, 4, 4, 4, 4, 5};
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(sw_v8_line_of(&layout, text, i), expected[i]);
    ck_assert_uint_eq(sw_v8_line_of(&layout, text, 1000), 0);
    static const uint16_t separators[] = {'a', 0x2028, 'b', 0x2029, 'c'};
    ck_assert_uint_eq(sw_v8_line_of(&layout, script(two_byte(separators, 5), 0), 4), 3);
}
END_TEST

/* `name`, no name, or one inferred: as the earlier versions have it. */
static uint64_t function(uint64_t name, uint64_t inferred, unsigned locals, uint64_t in)
{
    uint64_t *scope = object(TYPE_SCOPE, 64);
    unsigned at = 1;
    scope[at++] = small(0);
    scope[at++] = small(2);
    scope[at++] = small(locals);
    for (unsigned i = 0; i < locals; i++)
        scope[at++] = one_byte("local");
    for (unsigned i = 0; i < locals; i++)
        scope[at++] = small(17);
    scope[at++] = name;
    scope[at++] = small(0);
    if (inferred != 0)
        scope[at++] = inferred;
    scope[at++] = small(4);
    scope[at++] = small(9);
    scope[at++] = tagged(object(TYPE_SCOPE, 8));
    uint64_t *shared = object(TYPE_SHARED, 8);
    shared[2] = tagged(scope);
    shared[4] = in;
    uint64_t *made = object(TYPE_FUNCTION, 8);
    made[3] = tagged(shared);
    return tagged(made);
}

static uint64_t outermost(unsigned locals, uint64_t in)
{
    uint64_t made = function(small(0), 0, locals, in), scope, shared;
    uint64_t *map_of_maps = object(0, 8), *map = object(0, 8);
    map_of_maps[0] = tagged(map_of_maps);
    map[0] = tagged(map_of_maps);
    ck_assert(sw_v8_field(made, 24, &shared) && sw_v8_field(shared, 16, &scope));
    uint64_t *behind = (uint64_t *)(uintptr_t)(scope - 1) + 4 + 2 * locals + 4;
    behind[0] = tagged(map); /* in place of the outer scope */
    behind[1] = small(7);
    behind[2] = one_byte("Date");
    return made;
}

START_TEST(functions)
{
    struct sw_v8_function found;
    char text[64];
    uint64_t in = script(one_byte("one\ntwo\nthree"), one_byte("file:///srv/a%20b%zz/%41.mjs"));
    sw_memory_forget();
    ck_assert(sw_v8_function_of(&layout, function(one_byte("spin"), 0, 3, in), &found));
    sw_v8_function_name(&layout, &found, text, sizeof text);
    ck_assert_str_eq(text, "spin");
    sw_v8_function_file(&layout, &found, text, sizeof text);
    ck_assert_str_eq(text, "/srv/a b%zz/A.mjs");
    ck_assert_int_eq(found.start, 4);
    ck_assert_uint_eq(sw_v8_function_line(&layout, &found, found.start), 2);

    ck_assert(sw_v8_function_of(&layout, function(small(0), one_byte("on.data"), 0, in), &found));
    sw_v8_function_name(&layout, &found, text, sizeof text);
    ck_assert_str_eq(text, "on.data");
    ck_assert_int_eq(found.start, 4);
    ck_assert(sw_v8_function_of(&layout, function(small(0), 0, 5, in), &found));
    sw_v8_function_name(&layout, &found, text, sizeof text);
    ck_assert_str_eq(text, "(anonymous)");
    ck_assert_int_eq(found.start, 4);

    /* One without an outer scope: behind it lies another object, whose strings are not its. */
    ck_assert(sw_v8_function_of(&layout, outermost(1, in), &found));
    sw_v8_function_name(&layout, &found, text, sizeof text);
    ck_assert_str_eq(text, "(anonymous)");
    ck_assert_int_eq(found.start, 4);

    ck_assert(!sw_v8_function_of(&layout, in, &found));
    ck_assert(!sw_v8_function_of(&layout, 0x1235, &found));
    uint64_t *lost = object(TYPE_FUNCTION, 8);
    ck_assert(!sw_v8_function_of(&layout, tagged(lost), &found));
    /* A builtin: a name in place of the scope, and no script. */
    uint64_t *shared = object(TYPE_SHARED, 8);
    shared[2] = one_byte("map");
    lost[3] = tagged(shared);
    sw_memory_forget();
    ck_assert(sw_v8_function_of(&layout, tagged(lost), &found));
    sw_v8_function_name(&layout, &found, text, sizeof text);
    ck_assert_str_eq(text, "map");
    ck_assert_uint_eq(sw_v8_function_file(&layout, &found, text, sizeof text), 0);
    ck_assert_uint_eq(sw_v8_function_line(&layout, &found, 3), 0);
}
END_TEST

/* Whatever stands in the words, nothing faults and everything ends. */
START_TEST(garbage)
{
    static uint64_t words[512];
    struct sw_v8_function found;
    char text[64];
    srand(4711);
    for (int round = 0; round < 3000; round++) {
        for (unsigned i = 0; i < 512; i++) {
            unsigned kind = (unsigned)rand() % 4;
            words[i] = kind == 0   ? tagged(words + rand() % 512)
                       : kind == 1 ? small(rand() % 64 - 8)
                       : kind == 2 ? (uint64_t)rand() % 320 << 32 | ((uint64_t)rand() % 48)
                                   : (uint64_t)rand() << 33 ^ (uint64_t)rand();
        }
        sw_memory_forget();
        for (unsigned i = 0; i < 64; i++) {
            uint64_t object = tagged(words + rand() % 512);
            sw_v8_string_utf8(&layout, object, text, sizeof text);
            sw_v8_position_at(&layout, object, rand() % 100);
            sw_v8_line_of(&layout, object, rand() % 100);
            if (sw_v8_function_of(&layout, object, &found)) {
                sw_v8_function_name(&layout, &found, text, sizeof text);
                sw_v8_function_file(&layout, &found, text, sizeof text);
                sw_v8_function_line(&layout, &found, found.start);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("v8_heap");
    TCase *cases = tcase_create("v8_heap");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, strings);
    tcase_add_test(cases, strings_that_are_none);
    tcase_add_test(cases, source_positions);
    tcase_add_test(cases, lines);
    tcase_add_test(cases, functions);
    tcase_add_test(cases, garbage);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
