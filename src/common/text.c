/*
 * Text in a buffer of fixed size, without malloc, printf or locale.
 *
 * Called by everything that prints: on the watchdog thread of a watched program, where malloc's
 * lock may be held by the stalled thread and printf may allocate, and in the command and the
 * helper. Pure: no state but the buffer's, so any thread may use its own.
 *
 * Once something has been cut, nothing more is appended: a short piece after a long one that did
 * not fit would make a text that reads as if it were whole.
 */
#include "common/text.h"

#include <string.h>

#define NS_PER_SECOND UINT64_C(1000000000)

void sw_text_init(struct sw_text *text, char *data, size_t size)
{
    text->data = data;
    text->size = size;
    text->length = 0;
    sw_text_reset(text);
}

void sw_text_reset(struct sw_text *text)
{
    sw_text_rewind(text, 0);
}

void sw_text_rewind(struct sw_text *text, size_t length)
{
    if (length < text->length)
        text->length = length;
    text->data[text->length] = '\0';
    text->truncated = false;
}

/* All of the bytes, or none and `truncated`: for what must not be cut in the middle. */
static void append_whole(struct sw_text *text, const char *bytes, size_t length)
{
    if (length > text->size - 1 - text->length)
        text->truncated = true;
    if (text->truncated)
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void sw_text_char(struct sw_text *text, char c)
{
    append_whole(text, &c, 1);
}

void sw_text_string(struct sw_text *text, const char *string)
{
    if (string != NULL)
        sw_text_bytes(text, string, strlen(string));
}

void sw_text_bytes(struct sw_text *text, const char *bytes, size_t length)
{
    size_t room = text->size - 1 - text->length;
    if (text->truncated)
        return;
    if (length <= room) {
        append_whole(text, bytes, length);
        return;
    }
    append_whole(text, bytes, room);
    text->truncated = true;
}

void sw_text_unsigned(struct sw_text *text, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    append_whole(text, digits + at, sizeof digits - at);
}

void sw_text_signed(struct sw_text *text, int64_t value)
{
    if (value < 0)
        sw_text_char(text, '-');
    sw_text_unsigned(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void sw_text_hex(struct sw_text *text, uint64_t value, unsigned digits)
{
    char hex[16];
    size_t first = sizeof hex - 1;
    for (size_t at = sizeof hex; at-- > 0; value >>= 4) {
        hex[at] = "0123456789abcdef"[value & 15];
        if (hex[at] != '0' || sizeof hex - at <= digits)
            first = at;
    }
    append_whole(text, hex + first, sizeof hex - first);
}

/* value / 10^decimals, with all its decimals. */
static void append_fixed(struct sw_text *text, uint64_t value, unsigned decimals)
{
    char digits[8];
    uint64_t whole = value;
    if (decimals == 0) {
        sw_text_unsigned(text, value);
        return;
    }
    digits[0] = '.';
    for (unsigned i = decimals; i > 0; i--) {
        digits[i] = (char)('0' + whole % 10);
        whole /= 10;
    }
    sw_text_unsigned(text, whole);
    append_whole(text, digits, decimals + 1);
}

/* Rounds half up, without overflow at the top of the range. */
static uint64_t divide_rounded(uint64_t value, uint64_t by)
{
    return value / by + (value % by >= by - by / 2);
}

void sw_text_ms(struct sw_text *text, uint64_t ns, unsigned decimals)
{
    uint64_t unit = 1000000;
    if (decimals > 6)
        decimals = 6;
    for (unsigned i = 0; i < decimals; i++)
        unit /= 10;
    append_fixed(text, divide_rounded(ns, unit), decimals);
}

void sw_text_duration(struct sw_text *text, uint64_t ns)
{
    uint64_t us = divide_rounded(ns, 1000);
    uint64_t tenths = divide_rounded(ns, 100000);
    if (us < 100) {
        sw_text_unsigned(text, us);
        sw_text_string(text, " us");
    } else if (tenths >= 600000) {
        append_fixed(text, divide_rounded(ns, NS_PER_SECOND / 10), 1);
        sw_text_string(text, " s");
    } else {
        if (tenths % 10 == 0)
            sw_text_unsigned(text, tenths / 10);
        else
            append_fixed(text, tenths, 1);
        sw_text_string(text, " ms");
    }
}

size_t sw_text_utf8(const char *bytes, size_t length, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)bytes;
    size_t size;
    if (length == 0)
        return 0;
    if (byte[0] < 0x80) {
        *code = byte[0];
        return 1;
    }
    if (byte[0] < 0xc2 || byte[0] > 0xf4)
        return 0;
    size = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    if (length < size)
        return 0;
    uint32_t value = byte[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (byte[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return size;
}

/* What a terminal acts on: controls, line separators, and marks that turn the direction of what
 * follows. */
static bool acts_on_terminal(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff;
}

void sw_text_escaped(struct sw_text *text, const char *bytes, size_t length, size_t most)
{
    size_t at = 0;
    if (bytes == NULL)
        return;
    while (at < length && !text->truncated) {
        uint32_t code = 0;
        size_t size = sw_text_utf8(bytes + at, length - at, &code);
        size_t step = size == 0 ? 1 : size;
        if (at + step > most) {
            append_whole(text, "…", strlen("…"));
            return;
        }
        if (size != 0 && !acts_on_terminal(code)) {
            append_whole(text, bytes + at, size);
        } else {
            for (size_t i = 0; i < step; i++) {
                char escape[4] = {'\\', 'x', 0, 0};
                unsigned char byte = (unsigned char)bytes[at + i];
                escape[2] = "0123456789abcdef"[byte >> 4];
                escape[3] = "0123456789abcdef"[byte & 15];
                append_whole(text, escape, sizeof escape);
            }
        }
        at += step;
    }
}

void sw_text_pad(struct sw_text *text, size_t from, size_t column)
{
    do
        sw_text_char(text, ' ');
    while (text->length < from + column && !text->truncated);
}

static void append_two(struct sw_text *text, uint64_t value, char after)
{
    char digits[3] = {(char)('0' + value / 10 % 10), (char)('0' + value % 10), after};
    append_whole(text, digits, sizeof digits);
}

/* gmtime_r(3) may read the time zone's file, so the calendar is done by hand: the year is counted
 * from March on, so that the leap day is its last. */
void sw_text_time(struct sw_text *text, uint64_t realtime_ns)
{
    uint64_t seconds = realtime_ns / NS_PER_SECOND;
    uint64_t ms = realtime_ns / 1000000 % 1000;
    uint64_t days = seconds / 86400 + 719468; /* since 0000-03-01 */
    uint64_t era = days / 146097;             /* of 400 years */
    uint64_t day_of_era = days % 146097;
    uint64_t year =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day = day_of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * day + 2) / 153; /* 0 is March */
    day -= (153 * month + 2) / 5;
    year += era * 400 + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;

    sw_text_unsigned(text, year);
    sw_text_char(text, '-');
    append_two(text, month, '-');
    append_two(text, day + 1, 'T');
    append_two(text, seconds / 3600 % 24, ':');
    append_two(text, seconds / 60 % 60, ':');
    append_two(text, seconds % 60, '.');
    sw_text_char(text, (char)('0' + ms / 100));
    append_two(text, ms % 100, 'Z');
}
