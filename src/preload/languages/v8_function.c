/*
 * See v8_function.h. A SharedFunctionInfo names its function by a string until that is compiled,
 * then by its ScopeInfo, whose words are (src/objects/scope-info.tq): flags, number of parameters,
 * number of local names, [first and last position, in later versions], the names (one word for a
 * table of them where they are many), as many words of their properties, [a class variable], name
 * and place of the function, [inferred name], [the outer ScopeInfo], [of a module: its table, the
 * variables], [positions, in earlier versions].
 */
#include "preload/languages/v8_function.h"

#include <string.h>

#include "preload/languages/v8_heap.h"
#include "preload/languages/v8_lines.h"

#define NAMES_INLINE  75 /* kScopeInfoMaxInlinedLocalNamesSize */
#define MOST_NAMES    100000
#define WORDS_BEHIND  10 /* looked at behind the local names */
#define HAVE_POSITION 5  /* the first name's index, where the positions stand before */

static const char anonymous[] = "(anonymous)";

static bool word_of(uint64_t scope, uint32_t index, uint64_t *word)
{
    return sw_v8_field(scope, 8 + index * 8, word);
}

/* The index of the first word behind the local names and their properties; 0: it makes no sense. */
static uint32_t behind_names(const struct sw_v8_layout *layout, uint64_t scope)
{
    uint64_t word;
    int64_t names;
    if (!word_of(scope, layout->scope_locals, &word) || !sw_v8_small(word, &names) || names < 0 ||
        names > MOST_NAMES)
        return 0;
    uint32_t slots = names < NAMES_INLINE ? (uint32_t)names : 1;
    return layout->scope_first + slots + (uint32_t)names;
}

/*
 * Earlier versions: two small integers that ascend, with something else behind them. What stands
 * before may be small integers too (no name, its place), so the last two of a run count.
 */
static int64_t search_start(uint64_t scope, uint32_t behind)
{
    int64_t run[WORDS_BEHIND];
    unsigned length = 0;
    for (uint32_t i = behind; i < behind + WORDS_BEHIND; i++) {
        uint64_t word;
        int64_t value;
        if (!word_of(scope, i, &word))
            return -1;
        if (sw_v8_small(word, &value)) {
            run[length++] = value;
            continue;
        }
        if (length >= 2 && run[length - 2] >= 0 && run[length - 2] < run[length - 1])
            return run[length - 2];
        if (sw_v8_is_map(word)) /* of the next object in the heap */
            return -1;
        length = 0;
    }
    return -1;
}

static int64_t start_of(const struct sw_v8_layout *layout, uint64_t scope)
{
    uint64_t word;
    int64_t value;
    if (layout->scope_first >= HAVE_POSITION)
        return word_of(scope, layout->scope_first - 2, &word) && sw_v8_small(word, &value) ? value
                                                                                           : -1;
    uint32_t behind = behind_names(layout, scope);
    return behind != 0 ? search_start(scope, behind) : -1;
}

bool sw_v8_function_of_shared(const struct sw_v8_layout *layout, uint64_t shared,
                              struct sw_v8_function *function)
{
    uint64_t name;
    memset(function, 0, sizeof *function);
    function->start = -1;
    function->shared = shared;
    if (!sw_v8_is(layout, shared, layout->type_shared))
        return false;
    if (!sw_v8_field(shared, layout->shared_script, &function->script) ||
        !sw_v8_is(layout, function->script, layout->type_script))
        function->script = 0;
    if (sw_v8_field(shared, layout->shared_name, &name) &&
        sw_v8_is(layout, name, layout->type_scope_info))
        function->start = start_of(layout, name);
    return true;
}

bool sw_v8_function_of(const struct sw_v8_layout *layout, uint64_t object,
                       struct sw_v8_function *function)
{
    uint32_t type;
    uint64_t shared;
    return sw_v8_type(layout, object, &type) && type >= layout->function_first &&
           type <= layout->function_last && sw_v8_field(object, layout->function_shared, &shared) &&
           sw_v8_function_of_shared(layout, shared, function);
}

/*
 * The first words of a SharedFunctionInfo, before its name, hold what it runs: the bytecode, where
 * it has been compiled for the interpreter; the baseline compiler's code, which has it in place of
 * what it would be given up by; or either in an InterpreterData.
 */
bool sw_v8_function_bytecode(const struct sw_v8_layout *layout,
                             const struct sw_v8_function *function, uint64_t *bytecode)
{
    for (uint32_t offset = 8; offset < layout->shared_name; offset += 8) {
        uint64_t object;
        uint32_t type;
        bool more = sw_v8_field(function->shared, offset, &object);
        for (unsigned step = 0; step < 3 && more; step++) {
            if (!sw_v8_type(layout, object, &type))
                break;
            if (type == layout->type_bytecode_array) {
                *bytecode = object;
                return true;
            }
            if (type == layout->type_code)
                more = sw_v8_field(object, layout->code_deopts, &object);
            else
                more = type == layout->type_interpreter_data && sw_v8_field(object, 8, &object);
        }
    }
    return false;
}

/* The function's own name, else the inferred one: the first string that is not empty. What stands
 * last depends on flags that differ from version to version, so the end is told by the outer
 * ScopeInfo, a module's table (a FixedArray), or where there is neither, by the next object in the
 * heap. */
static uint64_t name_in_scope(const struct sw_v8_layout *layout, uint64_t scope)
{
    uint32_t behind = behind_names(layout, scope);
    for (uint32_t i = behind; behind != 0 && i < behind + WORDS_BEHIND; i++) {
        uint64_t word;
        if (!word_of(scope, i, &word) || sw_v8_is_map(word))
            return 0;
        if (sw_v8_string_length(layout, word) > 0)
            return word;
        /* The outer one, or what a module imports and exports: the end. Behind that are the names
         * of variables. */
        if (sw_v8_is(layout, word, layout->type_scope_info) ||
            sw_v8_is(layout, word, layout->type_fixed_array))
            return 0;
    }
    return 0;
}

size_t sw_v8_function_name(const struct sw_v8_layout *layout, const struct sw_v8_function *function,
                           char *to, size_t size)
{
    uint64_t name;
    size_t length = 0;
    if (sw_v8_field(function->shared, layout->shared_name, &name)) {
        if (sw_v8_is(layout, name, layout->type_scope_info))
            name = name_in_scope(layout, name);
        length = sw_v8_string_utf8(layout, name, to, size);
    }
    if (length == 0 && size >= sizeof anonymous) {
        memcpy(to, anonymous, sizeof anonymous);
        length = sizeof anonymous - 1;
    }
    return length;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* file:///srv/my%20app.mjs → /srv/my app.mjs, in place. */
static size_t take_path(char *text, size_t length)
{
    static const char scheme[] = "file://";
    if (length < sizeof scheme || memcmp(text, scheme, sizeof scheme - 1) != 0)
        return length;
    size_t to = 0;
    for (size_t at = sizeof scheme - 1; at < length; at++) {
        if (text[at] == '%' && at + 2 < length && digit_of(text[at + 1]) >= 0 &&
            digit_of(text[at + 2]) >= 0) {
            text[to++] = (char)(digit_of(text[at + 1]) * 16 + digit_of(text[at + 2]));
            at += 2;
        } else {
            text[to++] = text[at];
        }
    }
    text[to] = '\0';
    return to;
}

size_t sw_v8_function_file(const struct sw_v8_layout *layout, const struct sw_v8_function *function,
                           char *to, size_t size)
{
    uint64_t name;
    if (function->script == 0 || !sw_v8_field(function->script, layout->script_name, &name))
        return 0;
    return take_path(to, sw_v8_string_utf8(layout, name, to, size));
}

uint32_t sw_v8_function_line(const struct sw_v8_layout *layout,
                             const struct sw_v8_function *function, int64_t position)
{
    return function->script != 0 && position >= 0
               ? sw_v8_line_of(layout, function->script, position)
               : 0;
}
