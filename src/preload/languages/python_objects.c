/*
 * See python_objects.h. Offsets that all versions from 3.6 on share stand here, those that differ
 * in python_layout.c. Where attributes are, by version: a dict (Objects/dictobject.c) behind a
 * pointer in the object up to 3.10; from 3.11 on mostly an array of values without a dict, which in
 * 3.11 and 3.12 a word before the object points to, and which from 3.13 on lies behind the object.
 */
#include "preload/languages/python_objects.h"

#include <string.h>

#include "preload/languages/python_code.h"
#include "preload/stack/memory.h"

#define NAME_MOST  64
#define ITEMS_MOST 256 /* of a dict that are looked at */

/* PyTypeObject, behind the head of an object of variable size. */
enum { TYPE_NAME = 24, TYPE_BASICSIZE = 32, TYPE_FLAGS = 168, TYPE_DICTOFFSET = 288 };
/* PyDictObject */
enum { DICT_USED = 16, DICT_KEYS = 32, DICT_VALUES = 40 };
#define INLINE_VALUES (UINT64_C(1) << 2) /* Py_TPFLAGS_INLINE_VALUES, from 3.13 on */
#define MANAGED_DICT  (UINT64_C(1) << 4) /* Py_TPFLAGS_MANAGED_DICT, from 3.11 on */
#define TAG_BITS      UINT64_C(7)

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

static uint8_t byte_at(uint64_t address)
{
    uint8_t byte = 0;
    return sw_memory_read(address, &byte, 1) == 0 ? byte : 0;
}

static int32_t number_at(uint64_t address)
{
    int32_t number = 0;
    return sw_memory_read(address, &number, sizeof number) == 0 ? number : 0;
}

static bool may_be_object(uint64_t word)
{
    return word >= 65536 && word < UINT64_C(1) << 47 && (word & 7) == 0;
}

bool sw_python_is(const struct sw_python *python, uint64_t object, const char *type)
{
    uint64_t found, name;
    char text[NAME_MOST];
    return may_be_object(object) && word_at(object + python->layout.type, &found) &&
           may_be_object(found) && word_at(found + TYPE_NAME, &name) && name != 0 &&
           sw_memory_string(name, text, sizeof text) == 0 && strcmp(text, type) == 0;
}

uint64_t sw_python_first(const struct sw_python *python, const uint64_t *values, unsigned count,
                         const char *type)
{
    for (unsigned i = 0; i < count; i++)
        if (sw_python_is(python, values[i], type))
            return values[i];
    return 0;
}

/* References from an array of `count`; the tags that 3.14 has in some are taken off. */
static unsigned take_words(uint64_t from, int64_t count, uint64_t *values, unsigned taken)
{
    for (int64_t i = 0; i < count && taken < SW_PYTHON_VALUES; i++) {
        uint64_t word;
        if (!word_at(from + (uint64_t)i * 8, &word))
            break;
        word &= ~TAG_BITS;
        if (may_be_object(word))
            values[taken++] = word;
    }
    return taken;
}

unsigned sw_python_fields(const struct sw_python *python, uint64_t object, unsigned words,
                          uint64_t values[SW_PYTHON_VALUES])
{
    return take_words(object + python->layout.type + 8, words, values, 0);
}

/* Where the entries of a dict's keys begin, how many there are, and how long each is; false: its
 * layout makes no sense. */
static bool find_entries(const struct sw_python *python, uint64_t dict, uint64_t *at,
                         uint64_t *count, unsigned *size)
{
    uint64_t keys, slots;
    *size = 24; /* hash, key, value */
    if (!word_at(dict + DICT_KEYS, &keys) || !may_be_object(keys))
        return false;
    if (python->layout.minor >= 11) {
        uint8_t log2_bytes = byte_at(keys + 9);
        if (byte_at(keys + 10) != 0) /* its keys are all str: no hashes */
            *size = 16;
        *at = keys + 32 + (UINT64_C(1) << (log2_bytes & 31));
        return word_at(keys + 24, count);
    }
    if (!word_at(keys + 8, &slots) || !word_at(keys + 32, count))
        return false;
    *at = keys + 40 + slots * (slots <= 0xff ? 1 : slots <= 0xffff ? 2 : 4);
    return true;
}

/* An array of values that shares its keys with others: it has a head from 3.13 on. */
static unsigned take_split(const struct sw_python *python, uint64_t array, uint64_t count,
                           uint64_t *values)
{
    uint64_t at = python->layout.minor >= 13 ? array + 8 : array;
    return take_words(at, (int64_t)(count < SW_PYTHON_VALUES ? count : SW_PYTHON_VALUES), values,
                      0);
}

static unsigned values_of_dict(const struct sw_python *python, uint64_t dict, uint64_t *values)
{
    uint64_t at, count, used, split;
    unsigned size, taken = 0;
    if (!may_be_object(dict) || !word_at(dict + DICT_USED, &used) ||
        !word_at(dict + DICT_VALUES, &split))
        return 0;
    if (split != 0)
        return take_split(python, split, used, values);
    if (!find_entries(python, dict, &at, &count, &size))
        return 0;
    for (uint64_t i = 0; i < count && i < ITEMS_MOST; i++)
        taken = take_words(at + i * size + size - 8, 1, values, taken);
    return taken;
}

uint64_t sw_python_item(const struct sw_python *python, uint64_t dict, const char *key)
{
    uint64_t at, count, split, word;
    unsigned size;
    char text[NAME_MOST];
    if (!sw_python_is(python, dict, "dict") || !word_at(dict + DICT_VALUES, &split) || split != 0 ||
        !find_entries(python, dict, &at, &count, &size))
        return 0;
    for (uint64_t i = 0; i < count && i < ITEMS_MOST; i++)
        if (word_at(at + i * size + size - 16, &word) &&
            sw_python_read_text(python, word, text, sizeof text) != 0 && strcmp(text, key) == 0)
            return word_at(at + i * size + size - 8, &word) ? word : 0;
    return 0;
}

unsigned sw_python_attributes(const struct sw_python *python, uint64_t object,
                              uint64_t values[SW_PYTHON_VALUES])
{
    unsigned minor = python->layout.minor;
    uint64_t type, flags, offset, array;
    if (!word_at(object + python->layout.type, &type) || !word_at(type + TYPE_FLAGS, &flags) ||
        !word_at(type + TYPE_DICTOFFSET, &offset))
        return 0;
    if (minor < 11 || !(flags & MANAGED_DICT))
        return offset > 0 && offset < 4096 && word_at(object + offset, &array)
                   ? values_of_dict(python, array, values)
                   : 0;
    if (minor >= 13 && (flags & INLINE_VALUES)) {
        uint64_t basicsize;
        if (!word_at(type + TYPE_BASICSIZE, &basicsize))
            return 0;
        array = object + basicsize;
        if (byte_at(array + 3) == 1) /* they are valid: no dict has taken over */
            return take_split(python, array, byte_at(array + 1), values);
    }
    if (minor == 12 && word_at(object - 24, &array) && (array & 1))
        return take_split(python, array + 1, byte_at(array + 1 - 2), values);
    if (minor == 11 && word_at(object - 32, &array) && array != 0)
        return take_split(python, array, byte_at(array - 2), values);
    return word_at(object - 24, &array) ? values_of_dict(python, array, values) : 0;
}

/* How many variables the function has: co_nlocals up to 3.10, then co_nlocalsplus. Both stand in
 * fixed places beside co_firstlineno. */
static int32_t variables_of(const struct sw_python *python, uint64_t code)
{
    const struct sw_python_layout *layout = &python->layout;
    int32_t count = number_at(layout->minor < 11 ? code + layout->first_line - 12
                                                 : code + layout->first_line + 4);
    return count > 0 && count < SW_PYTHON_VALUES ? count : 0;
}

unsigned sw_python_locals(const struct sw_python *python, uint64_t frame, uint64_t code,
                          uint64_t values[SW_PYTHON_VALUES])
{
    return take_words(frame + python->layout.locals, variables_of(python, code), values, 0);
}

uint64_t sw_python_frame_of(const struct sw_python *python, uint64_t coroutine)
{
    uint64_t frame = coroutine + python->layout.generator;
    if (python->layout.minor < 11 && !word_at(frame, &frame))
        return 0;
    return frame;
}

/* Where its stack ends: a pointer up to 3.9 and from 3.14 on; a depth in 3.10, over the variables;
 * then a number of words from the variables on. */
static uint64_t end_of_stack(const struct sw_python *python, uint64_t frame)
{
    const struct sw_python_layout *layout = &python->layout;
    uint64_t end = 0;
    if (layout->minor == 10) {
        int32_t depth = number_at(frame + layout->stack_top);
        return depth >= 0 && word_at(frame + 64, &end) ? end + (uint64_t)depth * 8 : 0;
    }
    if (layout->minor < 10 || layout->minor >= 14)
        return word_at(frame + layout->stack_top, &end) ? end : 0;
    int32_t words = number_at(frame + layout->stack_top);
    return words >= 0 ? frame + layout->locals + (uint64_t)words * 8 : 0;
}

unsigned sw_python_suspended(const struct sw_python *python, uint64_t coroutine,
                             uint64_t values[SW_PYTHON_VALUES])
{
    uint64_t frame = sw_python_frame_of(python, coroutine);
    if (frame == 0)
        return 0;
    uint64_t begin = frame + python->layout.locals, end = end_of_stack(python, frame);
    if (end <= begin || end - begin > 4096)
        return 0;
    int64_t words = (int64_t)(end - begin) / 8;
    /* The top of the stack is what matters most. */
    if (words > SW_PYTHON_VALUES)
        begin += (uint64_t)(words - SW_PYTHON_VALUES) * 8;
    return take_words(begin, words, values, 0);
}
