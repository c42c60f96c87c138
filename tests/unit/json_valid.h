/*
 * A strict reader of JSON for tests: is this text one whole value, and what does it have under a
 * key? Written apart from src/common/json.c, and stricter than most: no raw control bytes, no
 * ill-formed UTF-8, no key twice in an object.
 *
 * Included by the tests of rooms that write JSON.
 */
#ifndef SW_TESTS_JSON_VALID_H
#define SW_TESTS_JSON_VALID_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define JSON_DEPTH_MOST 32
#define JSON_KEYS_MOST  64

static inline const char *json_skip_value(const char *at, const char *end, unsigned depth);

/* One UTF-8 character of two bytes or more. */
static inline const char *json_skip_utf8(const char *at, const char *end)
{
    const unsigned char *c = (const unsigned char *)at;
    size_t size = c[0] >= 0xc2 && c[0] <= 0xdf   ? 2
                  : c[0] >= 0xe0 && c[0] <= 0xef ? 3
                  : c[0] >= 0xf0 && c[0] <= 0xf4 ? 4
                                                 : 0;
    if (size == 0 || (size_t)(end - at) < size)
        return NULL;
    for (size_t i = 1; i < size; i++)
        if ((c[i] & 0xc0) != 0x80)
            return NULL;
    if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
        (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f))
        return NULL;
    return at + size;
}

static inline const char *json_skip_string(const char *at, const char *end)
{
    if (at >= end || *at != '"')
        return NULL;
    at++;
    while (at < end && *at != '"') {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20)
            return NULL;
        if (c == '\\') {
            if (end - at < 2)
                return NULL;
            if (at[1] == 'u') {
                if (end - at < 6 || strspn(at + 2, "0123456789abcdefABCDEF") < 4)
                    return NULL;
                at += 6;
            } else if (strchr("\"\\/bfnrt", at[1]) != NULL) {
                at += 2;
            } else {
                return NULL;
            }
        } else if (c < 0x80) {
            at++;
        } else {
            at = json_skip_utf8(at, end);
            if (at == NULL)
                return NULL;
        }
    }
    return at < end ? at + 1 : NULL;
}

static inline const char *json_skip_digits(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at == start ? NULL : at;
}

static inline const char *json_skip_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    const char *start = at;
    at = json_skip_digits(at, end);
    if (at == NULL || (*start == '0' && at - start > 1))
        return NULL;
    if (at < end && *at == '.')
        at = json_skip_digits(at + 1, end);
    if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = json_skip_digits(at, end);
    }
    return at;
}

/* No blanks are allowed between tokens: our writer makes none. */
static inline const char *json_skip_members(const char *at, const char *end, unsigned depth,
                                            bool keys)
{
    char close = keys ? '}' : ']';
    const char *seen[JSON_KEYS_MOST];
    size_t seen_length[JSON_KEYS_MOST], count = 0;
    at++;
    if (at < end && *at == close)
        return at + 1;
    for (;;) {
        if (keys) {
            const char *key = at;
            at = json_skip_string(at, end);
            if (at == NULL || at >= end || *at != ':' || count == JSON_KEYS_MOST)
                return NULL;
            for (size_t i = 0; i < count; i++)
                if (seen_length[i] == (size_t)(at - key) && !memcmp(seen[i], key, seen_length[i]))
                    return NULL;
            seen[count] = key;
            seen_length[count++] = (size_t)(at - key);
            at++;
        }
        at = json_skip_value(at, end, depth + 1);
        if (at == NULL || at >= end)
            return NULL;
        if (*at == close)
            return at + 1;
        if (*at++ != ',')
            return NULL;
    }
}

static inline const char *json_skip_value(const char *at, const char *end, unsigned depth)
{
    static const char *const words[] = {"true", "false", "null"};
    if (at >= end || depth > JSON_DEPTH_MOST)
        return NULL;
    if (*at == '{' || *at == '[')
        return json_skip_members(at, end, depth, *at == '{');
    if (*at == '"')
        return json_skip_string(at, end);
    for (size_t i = 0; i < 3; i++)
        if ((size_t)(end - at) >= strlen(words[i]) && !memcmp(at, words[i], strlen(words[i])))
            return at + strlen(words[i]);
    return json_skip_number(at, end);
}

/* Is `json` (of `length` bytes) one value and nothing else? */
static inline bool json_valid(const char *json, size_t length)
{
    return json_skip_value(json, json + length, 0) == json + length;
}

/* Is it one object and its '\n', with no other line end in it? */
static inline bool json_valid_line(const char *line, size_t length)
{
    return length > 2 && line[0] == '{' && line[length - 1] == '\n' &&
           memchr(line, '\n', length) == line + length - 1 && json_valid(line, length - 1);
}

/* The value of `key` in the object that begins at `json` (which is valid): where it begins, or
 * NULL. */
static inline const char *json_member(const char *json, const char *key)
{
    const char *end = json + strlen(json), *at = json + 1;
    while (*json == '{' && at < end && *at == '"') {
        const char *behind = json_skip_string(at, end);
        if (behind == NULL)
            return NULL;
        if ((size_t)(behind - at - 2) == strlen(key) && !memcmp(at + 1, key, strlen(key)))
            return behind + 1;
        at = json_skip_value(behind + 1, end, 0);
        if (at == NULL || *at != ',')
            return NULL;
        at++;
    }
    return NULL;
}

/* Is the value of `key` written as `expected`, "\"text\"" or "1.5" or "null"? */
static inline bool json_member_is(const char *json, const char *key, const char *expected)
{
    const char *value = json_member(json, key);
    if (value == NULL)
        return false;
    const char *behind = json_skip_value(value, value + strlen(value), 0);
    return behind != NULL && (size_t)(behind - value) == strlen(expected) &&
           memcmp(value, expected, strlen(expected)) == 0;
}

#endif
