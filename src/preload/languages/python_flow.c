/*
 * See python_flow.h. An instruction is a unit of two bytes, opcode and argument, with prefixes that
 * make its argument wider before it, and from 3.11 on with units behind it that are data (inline
 * caches). The numbers are those of each version's Include/opcode.h and, for the caches, of its
 * _PyOpcode_Caches; within a minor version they do not change.
 */
#include "preload/languages/python_flow.h"

#include <string.h>

#include "preload/stack/memory.h"

#define NEWEST     14 /* minor version */
#define MOST_UNITS 16384
/* From here on, opcodes of a program that is being traced. */
#define INSTRUMENTED(minor) ((minor) >= 14 ? 234 : (minor) >= 12 ? 236 : 256)

enum kind { PLAIN, WIDER, ENDS, FORWARD, MAYBE_FORWARD, BACKWARD, MAYBE_BACKWARD, TO, MAYBE_TO };

/* With their specialised forms. */
static const struct {
    uint8_t from, until; /* minor versions */
    uint8_t first, last; /* opcodes */
    uint8_t kind;
} opcodes[] = {
    {6, 12, 144, 144, WIDER}, /* EXTENDED_ARG */
    {11, 11, 34, 34, WIDER},
    {13, 13, 71, 71, WIDER},
    {14, 14, 69, 69, WIDER},
    {6, 12, 83, 83, ENDS}, /* RETURN_VALUE */
    {13, 13, 36, 36, ENDS},
    {14, 14, 35, 35, ENDS},
    {12, 12, 121, 121, ENDS}, /* RETURN_CONST */
    {6, 12, 130, 130, ENDS},  /* RAISE_VARARGS */
    {13, 13, 101, 103, ENDS}, /* with RERAISE and RETURN_CONST */
    {14, 14, 104, 105, ENDS}, /* with RERAISE */
    {9, 9, 48, 48, ENDS},     /* RERAISE */
    {10, 12, 119, 119, ENDS},
    {6, 12, 110, 110, FORWARD}, /* JUMP_FORWARD */
    {13, 13, 79, 79, FORWARD},
    {14, 14, 77, 77, FORWARD},
    {6, 12, 93, 93, MAYBE_FORWARD}, /* FOR_ITER */
    {12, 12, 62, 65, MAYBE_FORWARD},
    {13, 13, 72, 72, MAYBE_FORWARD},
    {13, 13, 187, 190, MAYBE_FORWARD},
    {14, 14, 70, 70, MAYBE_FORWARD},
    {14, 14, 171, 174, MAYBE_FORWARD},
    {11, 12, 123, 123, MAYBE_FORWARD}, /* SEND */
    {12, 12, 168, 168, MAYBE_FORWARD},
    {13, 13, 104, 104, MAYBE_FORWARD},
    {13, 13, 208, 208, MAYBE_FORWARD},
    {14, 14, 106, 106, MAYBE_FORWARD},
    {14, 14, 197, 197, MAYBE_FORWARD},
    {6, 10, 111, 112, MAYBE_TO}, /* JUMP_IF_FALSE_OR_POP, JUMP_IF_TRUE_OR_POP */
    {11, 11, 111, 112, MAYBE_FORWARD},
    {6, 10, 114, 115, MAYBE_TO}, /* POP_JUMP_IF_FALSE, POP_JUMP_IF_TRUE */
    {9, 10, 121, 121, MAYBE_TO}, /* JUMP_IF_NOT_EXC_MATCH */
    {11, 12, 114, 115, MAYBE_FORWARD},
    {11, 12, 128, 129, MAYBE_FORWARD}, /* POP_JUMP_IF_NOT_NONE, POP_JUMP_IF_NONE */
    {13, 13, 97, 100, MAYBE_FORWARD},
    {14, 14, 100, 103, MAYBE_FORWARD},
    {11, 11, 173, 176, MAYBE_BACKWARD},
    {6, 10, 113, 113, TO},        /* JUMP_ABSOLUTE */
    {6, 7, 119, 119, TO},         /* CONTINUE_LOOP */
    {11, 12, 140, 140, BACKWARD}, /* JUMP_BACKWARD */
    {11, 11, 38, 38, BACKWARD},
    {11, 12, 134, 134, BACKWARD}, /* JUMP_BACKWARD_NO_INTERRUPT */
    {13, 13, 77, 78, BACKWARD},
    {14, 14, 75, 76, BACKWARD},
    {14, 14, 175, 176, BACKWARD},
};

/* How many units of data stand behind each opcode, '0' + that. */
static const char *const caches[] = {
    /* 3.11 */
    "00011111100001101444444444222200000000044444000550000005::::10::"
    "1111000011001111110000000000100400000000004200000100500001100001"
    "00000000000001010000000004400044:0000010111400000111100000000000"
    "0000000000000000000000000000000000000000000000000000000000000000",
    /* 3.12 */
    "0000001110100110101111133100330000300033333333333000000031111011"
    "1111009099009999999000000000110400000000009100044400400000110000"
    "0000000000000100000040000400000111000011100300000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000",
    /* 3.13 */
    "0001010000000000000000000000000000000001300001000000030000110000"
    "0000000010000100009000000004010001111000100040000000010000000000"
    "0000000000000000000000111111111111333333333333333333331111111119"
    "9999999999944110144411333333111000000000000000000000000000000000",
    /* 3.14 */
    "0005000000000000000000000000000000000013000050000000300311000000"
    "0000001000010000900000000000400010001111001000400000000100000000"
    "0555555555555553333333333333333333333311111111111999999999999900"
    "4411014441133333311100000000000000000000000000000000000000000000",
};

static struct {
    unsigned minor, units;
    bool known; /* all opcodes so far are */
    uint8_t unit[MOST_UNITS][2];
    uint8_t reached[MOST_UNITS];
    bool changed;
} code;

struct instruction {
    enum kind kind;
    uint32_t argument;
    unsigned next;
};

static enum kind kind_of(uint8_t opcode)
{
    for (unsigned i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        if (opcodes[i].first <= opcode && opcode <= opcodes[i].last &&
            opcodes[i].from <= code.minor && code.minor <= opcodes[i].until)
            return (enum kind)opcodes[i].kind;
    return PLAIN;
}

static struct instruction decode(unsigned at)
{
    struct instruction it = {PLAIN, 0, at};
    uint8_t opcode = 0;
    do {
        opcode = code.unit[it.next][0];
        it.argument = it.argument << 8 | code.unit[it.next][1];
        it.kind = kind_of(opcode);
        it.next++;
    } while (it.kind == WIDER && it.next < code.units);
    if (code.minor >= 11)
        it.next += (unsigned)(caches[code.minor - 11][opcode] - '0');
    if (opcode >= INSTRUMENTED(code.minor))
        code.known = false;
    if (code.minor < 10)
        it.argument /= 2;
    return it;
}

static void reach(int64_t unit)
{
    if (unit < 0 || unit >= code.units || code.reached[unit])
        return;
    code.reached[unit] = 1;
    code.changed = true;
}

/* What comes after it. */
static void go_on(const struct instruction *it)
{
    switch (it->kind) {
    case FORWARD:
    case MAYBE_FORWARD:
        reach((int64_t)it->next + it->argument);
        break;
    case BACKWARD:
    case MAYBE_BACKWARD:
        reach((int64_t)it->next - it->argument);
        break;
    case TO:
    case MAYBE_TO:
        reach(it->argument);
        break;
    default:
        break;
    }
    if (it->kind != ENDS && it->kind != FORWARD && it->kind != BACKWARD && it->kind != TO)
        reach(it->next);
}

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

static bool is_a(const struct sw_python *python, uint64_t object, uint64_t type)
{
    uint64_t found;
    return object != 0 && word_at(object + python->layout.type, &found) && found == type;
}

/* Up to 3.10 the instructions are a bytes object, later they are in the code object itself. */
static bool read_code(const struct sw_python *python, uint64_t object)
{
    const struct sw_python_layout *layout = &python->layout;
    uint64_t bytes, units;
    if (layout->minor > NEWEST || !is_a(python, object, python->code_type))
        return false;
    if (layout->minor >= 11) {
        if (!word_at(object + layout->bytes_size, &units))
            return false;
        bytes = object + layout->instructions;
    } else {
        if (!word_at(object + layout->code_bytes, &bytes) ||
            !is_a(python, bytes, python->bytes_type) ||
            !word_at(bytes + layout->bytes_size, &units))
            return false;
        bytes += layout->bytes_data;
        units /= 2;
    }
    if (units > MOST_UNITS || sw_memory_read(bytes, code.unit, units * 2) != 0)
        return false;
    code.minor = layout->minor;
    code.units = (unsigned)units;
    code.known = true;
    memset(code.reached, 0, units);
    return true;
}

enum sw_flow sw_python_flow(const struct sw_python *python, uint64_t object, uint32_t from,
                            uint32_t to)
{
    if (!read_code(python, object))
        return SW_FLOW_UNKNOWN;
    unsigned wanted = code.units;
    struct instruction it;
    for (unsigned at = 0; at < code.units; at = it.next) {
        it = decode(at);
        if (at <= from / 2 && from / 2 < it.next)
            go_on(&it);
        if (at <= to / 2 && to / 2 < it.next)
            wanted = at;
    }
    do {
        code.changed = false;
        for (unsigned at = 0; at < code.units; at = it.next) {
            it = decode(at);
            if (code.reached[at])
                go_on(&it);
        }
    } while (code.changed);
    if (!code.known || wanted == code.units)
        return SW_FLOW_UNKNOWN;
    return code.reached[wanted] ? SW_FLOW_YES : SW_FLOW_NO;
}
