/* See perf_map_line.h. */
#include "preload/languages/perf_map_line.h"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number and the blanks behind it, from `*at` on. */
static bool take_number(const char *bytes, size_t length, size_t *at, uint64_t *value)
{
    size_t i = *at;
    if (i + 1 < length && bytes[i] == '0' && (bytes[i + 1] | 0x20) == 'x')
        i += 2;
    size_t first = i;
    for (*value = 0; i < length && digit_of(bytes[i]) >= 0; i++) {
        if (*value >> 60 != 0)
            return false;
        *value = *value << 4 | (unsigned)digit_of(bytes[i]);
    }
    if (i == first || i == length || (bytes[i] != ' ' && bytes[i] != '\t'))
        return false;
    while (i < length && (bytes[i] == ' ' || bytes[i] == '\t'))
        i++;
    *at = i;
    return true;
}

bool sw_perf_map_line(const char *bytes, size_t length, struct sw_perf_map_line *line)
{
    size_t at = 0;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    if (!take_number(bytes, length, &at, &line->start) ||
        !take_number(bytes, length, &at, &line->size) || at == length || line->size == 0 ||
        line->size > UINT64_MAX - line->start)
        return false;
    line->name = at;
    line->length = length - at;
    return true;
}
