/* See python_code.h. An object is believed to be one if its type is the type's own address. */
#include "preload/languages/python_code.h"

#include <string.h>

#include "preload/languages/intern.h"
#include "preload/languages/python_lines.h"
#include "preload/stack/memory.h"

#define NAME_MOST  512
#define FILE_MOST  1024
#define TEXT_MOST  1024 /* characters of any text */
#define TABLE_MOST 65536
#define COMPACT    8 /* of a str's state, above its kind */
#define ASCII      16

static bool word_at(uint64_t address, uint64_t *word)
{
    return sw_memory_read(address, word, sizeof *word) == 0;
}

static bool is_a(const struct sw_python *python, uint64_t object, uint64_t type)
{
    uint64_t found;
    return object != 0 && word_at(object + python->layout.type, &found) && found == type;
}

static size_t put_utf8(uint32_t point, char *to, size_t room)
{
    if (point < 0x80 && room >= 1) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800 && room >= 2) {
        to[0] = (char)(0xc0 | point >> 6);
        to[1] = (char)(0x80 | (point & 63));
        return 2;
    }
    if (point < 0x10000 && room >= 3) {
        bool surrogate = point >= 0xd800 && point < 0xe000;
        point = surrogate ? 0xfffd : point;
        to[0] = (char)(0xe0 | point >> 12);
        to[1] = (char)(0x80 | (point >> 6 & 63));
        to[2] = (char)(0x80 | (point & 63));
        return 3;
    }
    if (point >= 0x10000 && point < 0x110000 && room >= 4) {
        to[0] = (char)(0xf0 | point >> 18);
        to[1] = (char)(0x80 | (point >> 12 & 63));
        to[2] = (char)(0x80 | (point >> 6 & 63));
        to[3] = (char)(0x80 | (point & 63));
        return 4;
    }
    return 0;
}

/* Bytes of one character (1, 2, 4), with the flags above it; 0: not a state. The flags stand behind
 * the two bits of `interned`, or from 3.14 on behind sixteen. */
static unsigned kind_of(uint32_t state, unsigned *flags)
{
    for (unsigned shift = 2; shift <= 16; shift += 14) {
        unsigned kind = state >> shift & 7;
        *flags = state >> shift;
        if ((kind == 1 || kind == 2 || kind == 4) && (*flags & COMPACT))
            return kind;
    }
    return 0;
}

size_t sw_python_read_text(const struct sw_python *python, uint64_t object, char *text, size_t size)
{
    const struct sw_python_layout *layout = &python->layout;
    uint64_t length;
    uint32_t state;
    unsigned flags;
    static uint8_t raw[TEXT_MOST * 4];
    text[0] = '\0';
    if (!is_a(python, object, python->text_type) ||
        !word_at(object + layout->text_length, &length) ||
        sw_memory_read(object + layout->text_state, &state, sizeof state) != 0)
        return 0;
    unsigned kind = kind_of(state, &flags);
    uint64_t at = object + (flags & ASCII ? layout->text_ascii : layout->text_other);
    size_t count = length < TEXT_MOST ? length : TEXT_MOST;
    if (kind == 0 || sw_memory_read(at, raw, count * kind) != 0)
        return 0;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t point = 0;
        memcpy(&point, raw + i * kind, kind);
        size_t put = put_utf8(point, text + used, size - 1 - used);
        if (put == 0)
            break;
        used += put;
    }
    text[used] = '\0';
    return used;
}

static const char *intern_text(const struct sw_python *python, uint64_t object, size_t most)
{
    char text[FILE_MOST];
    size_t length =
        sw_python_read_text(python, object, text, most < sizeof text ? most : FILE_MOST);
    return sw_intern(text, length);
}

/* Where the frame is, in bytes from the first instruction. */
static int64_t offset_of(const struct sw_python_layout *layout, uint64_t code, uint64_t position)
{
    if (layout->frames != SW_PYTHON_OBJECTS)
        return (int64_t)(position - (code + layout->instructions));
    /* f_lasti counts instructions from 3.10 on. */
    int64_t last = (int32_t)position;
    return layout->lines == SW_PYTHON_RANGES ? last * 2 : last;
}

static uint32_t read_line(const struct sw_python *python, uint64_t code, uint64_t position)
{
    static uint8_t table[TABLE_MOST];
    const struct sw_python_layout *layout = &python->layout;
    uint32_t first = 0;
    uint64_t object, size;
    if (sw_memory_read(code + layout->first_line, &first, sizeof first) != 0 ||
        !word_at(code + layout->table, &object) || !is_a(python, object, python->bytes_type) ||
        !word_at(object + layout->bytes_size, &size))
        return 0;
    if (size > sizeof table)
        size = sizeof table;
    if (sw_memory_read(object + layout->bytes_data, table, size) != 0)
        return 0;
    return sw_python_line(layout->lines, table, size, first, offset_of(layout, code, position));
}

bool sw_python_read_code(const struct sw_python *python, uint64_t code, uint64_t position,
                         struct sw_language_frame *frame)
{
    const struct sw_python_layout *layout = &python->layout;
    uint64_t name, filename;
    if (!is_a(python, code, python->code_type) ||
        !word_at(code + (layout->qualname != 0 ? layout->qualname : layout->name), &name) ||
        !word_at(code + layout->filename, &filename))
        return false;
    frame->function = intern_text(python, name, NAME_MOST);
    frame->file = intern_text(python, filename, FILE_MOST);
    frame->line = read_line(python, code, position);
    int64_t offset = offset_of(layout, code, position);
    frame->code = offset >= 0 && offset <= UINT32_MAX ? code : 0;
    frame->at = (uint32_t)offset;
    return true;
}
