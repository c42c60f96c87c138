/*
 * See v8_code.h. Compiled code stands on V8's own pages behind a header, at a multiple of 64 bytes.
 * For the case that it has to be given up, optimised code has a table, made for each place where
 * that can be (DeoptimizationData, src/objects/deoptimization-data.h): at which bytecode of the
 * innermost function, and where in the code. That is where a call of Turbofan's returns to;
 * Maglev's are in its table of safepoints (src/codegen/maglev-safepoint-table.h), which begins
 * where the instructions end. A table of source positions says for each call of which inlined
 * function it is, and a third one where that was inlined (src/codegen/source-position.h).
 *
 * The position that was found by the code is believed only if the bytecode of the function that it
 * is said to be in has the same one: the two are kept apart by V8.
 */
#include "preload/languages/v8_code.h"

#include <string.h>

#include "preload/languages/v8_heap.h"
#include "preload/languages/v8_lines.h"
#include "preload/languages/v8_loop.h"
#include "preload/stack/memory.h"

#define ALIGNMENT   64
#define LONGEST     (128 << 10) /* bytes of code, looked through backwards for its header */
#define MOST_DEOPTS 4096
#define ENTRY       3 /* words: offset of the bytecode, place of its translation, of the code */
#define WORD        8

struct code {
    uint64_t start, object;
    uint64_t deopts; /* its DeoptimizationData */
    int64_t count;   /* words of that */
};

static bool element(const struct sw_v8_layout *layout, uint64_t array, int64_t index,
                    uint64_t *word)
{
    return sw_v8_field(array, layout->array_data + (uint32_t)index * WORD, word);
}

static bool small_element(const struct sw_v8_layout *layout, uint64_t array, int64_t index,
                          int64_t *value)
{
    uint64_t word;
    return element(layout, array, index, &word) && sw_v8_small(word, value);
}

/* The header next before `ip`; that of other code where `ip` is in none. */
static bool find_header(const struct sw_v8_layout *layout, uint64_t ip, struct code *code)
{
    uint32_t wanted = layout->type_stream != SW_V8_NONE ? layout->type_stream : layout->type_code;
    uint64_t start = (ip - 1) & ~(uint64_t)(ALIGNMENT - 1);
    for (uint64_t end = start > LONGEST ? start - LONGEST : 0; start > end; start -= ALIGNMENT) {
        uint64_t header = start - layout->code_header, map;
        if (sw_memory_read(header, &map, sizeof map) != 0)
            return false;
        if ((map & 3) != 1 || !sw_v8_is(layout, header + 1, wanted))
            continue;
        code->start = start;
        code->object = header + 1;
        return layout->type_stream == SW_V8_NONE ||
               (sw_v8_field(header + 1, WORD, &code->object) &&
                sw_v8_is(layout, code->object, layout->type_code));
    }
    return false;
}

static bool is_array(const struct sw_v8_layout *layout, uint64_t object)
{
    uint32_t type;
    return sw_v8_type(layout, object, &type) &&
           (type == layout->type_fixed_array || type == layout->type_trusted_fixed_array ||
            type == layout->type_protected_fixed_array);
}

/* Is it optimised code of that function? */
static bool is_optimised(const struct sw_v8_layout *layout, uint64_t shared, struct code *code)
{
    uint64_t owner;
    return is_array(layout, code->deopts) &&
           sw_v8_small_field(code->deopts, layout->array_length, &code->count) &&
           code->count > layout->deopts_first &&
           element(layout, code->deopts, layout->deopts_shared, &owner) &&
           (layout->shared_in_wrapper == SW_V8_NONE ||
            sw_v8_field(owner, layout->shared_in_wrapper, &owner)) &&
           owner == shared;
}

static uint32_t number_of(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size && i < sizeof value; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

/* Kinds are counted from compiler to compiler: Maglev's comes behind the baseline one's. */
static bool is_maglev(const struct sw_v8_layout *layout, const struct code *code)
{
    uint32_t flags;
    return layout->code_flags != SW_V8_NONE && layout->code_baseline != SW_V8_NONE &&
           sw_memory_read(code->object - 1 + layout->code_flags, &flags, sizeof flags) == 0 &&
           (flags & layout->code_kind_mask) == layout->code_baseline + 1;
}

/* Which of the places a call returns to, by the safepoints of Maglev, whose places are those where
 * it is given up; -1: none of them. Fields of an entry, each as wide as the header says: what it
 * returns to, the index and one, and more. */
static int64_t find_safepoint(const struct sw_v8_layout *layout, const struct code *code,
                              uint32_t offset)
{
    struct {
        uint32_t slots, count, widths, tagged;
    } head;
    uint32_t size;
    uint8_t entry[32];
    if (layout->code_size == SW_V8_NONE || !is_maglev(layout, code) ||
        sw_memory_read(code->object - 1 + layout->code_size, &size, sizeof size) != 0 ||
        offset > size || sw_memory_read(code->start + size, &head, sizeof head) != 0 ||
        !(head.widths & 1) || head.count > MOST_DEOPTS)
        return -1;
    unsigned registers = head.widths >> 1 & 7, pc = head.widths >> 4 & 7,
             index = head.widths >> 7 & 7, width = 2 * pc + index + 1 + registers;
    uint64_t at = code->start + size + sizeof head;
    for (uint32_t i = 0; i < head.count; i++, at += width) {
        if (sw_memory_read(at, entry, width) != 0)
            return -1;
        if (number_of(entry, pc) == offset)
            return (int64_t)number_of(entry + pc, index) - 1;
    }
    return -1;
}

/* The bytecode that made the call, in the innermost function; false: it can not be given up there,
 * so that nobody knows. */
static bool find_bytecode(const struct sw_v8_layout *layout, const struct code *code,
                          uint32_t offset, int64_t *bytecode)
{
    int64_t places = (code->count - layout->deopts_first) / ENTRY, pc, found = -1;
    for (int64_t i = 0; i < places && i < MOST_DEOPTS && found < 0; i++)
        if (small_element(layout, code->deopts, layout->deopts_first + i * ENTRY + 2, &pc) &&
            pc == (int64_t)offset)
            found = i;
    if (found < 0)
        found = find_safepoint(layout, code, offset);
    return found >= 0 && found < places &&
           small_element(layout, code->deopts, layout->deopts_first + found * ENTRY, bytecode);
}

/* Has that bytecode of the function this position? */
static bool agrees(const struct sw_v8_layout *layout, const struct sw_v8_place *place,
                   int64_t bytecode)
{
    uint64_t array, table;
    int64_t length;
    if (bytecode < 0) /* its entry, where the stack is checked */
        return place->position == place->function.start;
    return sw_v8_function_bytecode(layout, &place->function, &array) &&
           sw_v8_small_field(array, layout->bytecode_length, &length) && bytecode < length &&
           sw_v8_field(array, layout->bytecode_positions, &table) &&
           sw_v8_position_at(layout, table, bytecode) == place->position;
}

/* The function that was inlined as the `id`th, and the position (packed) where that was. */
static bool find_inlined(const struct sw_v8_layout *layout, const struct code *code, int64_t id,
                         struct sw_v8_function *function, int64_t *packed)
{
    uint64_t positions, literals, shared;
    int64_t bytes, count;
    int32_t which;
    if (!element(layout, code->deopts, layout->deopts_positions, &positions) ||
        !sw_v8_small_field(positions, layout->array_length, &bytes) || (id + 1) * 16 > bytes)
        return false;
    uint64_t at = positions - 1 + layout->array_data + (uint64_t)id * 16;
    return sw_memory_read(at, packed, sizeof *packed) == 0 &&
           sw_memory_read(at + 8, &which, sizeof which) == 0 &&
           element(layout, code->deopts, layout->deopts_literals, &literals) &&
           sw_v8_small_field(literals, layout->array_length, &count) && which >= 0 &&
           which < count && element(layout, literals, which, &shared) &&
           sw_v8_function_of_shared(layout, shared & ~(uint64_t)2, function);
}

/* What the optimising compilers made. */
static unsigned find_places(const struct sw_v8_layout *layout, const struct code *code,
                            uint32_t offset, const struct sw_v8_function *function,
                            struct sw_v8_place places[SW_V8_INLINED])
{
    uint64_t table;
    int64_t bytecode, packed;
    if (!find_bytecode(layout, code, offset, &bytecode) ||
        !sw_v8_field(code->object, layout->code_deopts + WORD, &table))
        return 0;
    packed = sw_v8_packed_at(layout, table, (int64_t)offset - 1);
    for (unsigned i = 0; i < SW_V8_INLINED && packed >= 0; i++) {
        int64_t id = SW_V8_PACKED_INLINED(packed);
        places[i].function = *function;
        places[i].position = SW_V8_PACKED_POSITION(packed);
        if (id >= 0 && !find_inlined(layout, code, id, &places[i].function, &packed))
            return 0;
        if (i == 0 && !agrees(layout, &places[0], bytecode))
            return 0;
        if (id < 0)
            return i + 1;
    }
    return 0;
}

/* What the baseline compiler made, bytecode by bytecode: the function's own, which stands in place
 * of what optimised code is given up by, or in an InterpreterData there. */
static unsigned find_in_baseline(const struct sw_v8_layout *layout, const struct code *code,
                                 uint64_t offset, const struct sw_v8_function *function,
                                 struct sw_v8_place *place)
{
    uint64_t bytecode, own = code->deopts, table, positions;
    if (sw_v8_is(layout, own, layout->type_interpreter_data) && !sw_v8_field(own, WORD, &own))
        return 0;
    if (!sw_v8_function_bytecode(layout, function, &bytecode) || own != bytecode ||
        !sw_v8_field(code->object, layout->code_deopts + WORD, &table) ||
        !sw_v8_field(bytecode, layout->bytecode_positions, &positions))
        return 0;
    int64_t at = sw_v8_bytecode_at(layout, table, bytecode, offset);
    place->function = *function;
    place->position = at >= 0 ? sw_v8_position_at(layout, positions, at) : function->start;
    return at >= 0 && place->position >= 0;
}

/*
 * Of code that computes, or calls what cannot give it up: the smallest loop around it belongs to
 * the function whose check for interrupts is in it, which therefore runs, and is at that loop; so
 * do those that it is inlined into. Of several (the way around passes the check of a loop inside)
 * the outermost one.
 */
static unsigned find_in_loop(const struct sw_v8_layout *layout, const struct code *code,
                             uint64_t ip, const struct sw_v8_function *function,
                             struct sw_v8_place places[SW_V8_INLINED])
{
    static struct sw_v8_place others[SW_V8_INLINED];
    uint64_t returns[SW_V8_CHECKS];
    unsigned checks = sw_v8_loop_checks(ip, returns), count = 0;
    for (unsigned i = 0; i < checks; i++) {
        unsigned more =
            find_places(layout, code, (uint32_t)(returns[i] - code->start), function, others);
        unsigned less = more < count ? more : count;
        for (unsigned j = 1; j <= less; j++)
            if (others[more - j].function.shared != places[count - j].function.shared ||
                (j < less && others[more - j].position != places[count - j].position))
                return 0;
        if (more == 0)
            return 0;
        if (count == 0 || more < count) {
            memcpy(places, others, sizeof others);
            count = more;
        }
    }
    return count;
}

unsigned sw_v8_code_places(const struct sw_v8_layout *layout, uint64_t ip, bool at_call,
                           const struct sw_v8_function *function,
                           struct sw_v8_place places[SW_V8_INLINED])
{
    struct code code;
    uint64_t last = at_call ? ip : ip + 1; /* the instruction's last byte, and one */
    if (layout->code_header == SW_V8_NONE || layout->type_code == SW_V8_NONE ||
        !find_header(layout, last, &code) ||
        !sw_v8_field(code.object, layout->code_deopts, &code.deopts))
        return 0;
    if (is_optimised(layout, function->shared, &code)) {
        unsigned count = 0;
        if (at_call)
            count = find_places(layout, &code, (uint32_t)(ip - code.start), function, places);
        return count != 0 ? count : find_in_loop(layout, &code, ip, function, places);
    }
    return find_in_baseline(layout, &code, last - code.start, function, places);
}
